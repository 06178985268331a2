/** Walks the table of native routes: whatever is sent, by whomever, the answer is the right one or a proper problem. */
import { request as httpRequest } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { createdKey } from "../src/lenses/native/account-schema.ts";
import { nativeLens } from "../src/lenses/native/routes.ts";
import * as wire from "../src/lenses/native/schema.ts";
import { webhook as webhookSchema } from "../src/lenses/native/webhook-schema.ts";
import type { Route } from "../src/lenses/route.ts";
import { startTestServer, type TestServer } from "./server.ts";

let server: TestServer;
let ada = "";
let bob = "";
let eve = "";
/** What belongs to Ada, by the place in a path that names it. */
let owned: Record<string, string> = {};

beforeAll(async () => {
  server = await startTestServer({
    mode: "serve",
    // Where nobody listens.
    config: { outgoing: { allow: ["127.0.0.1"], ports: "any" } },
    keys: [
      { tenant: "north", user: "ada", scopes: ["tasks", "work", "admin"] },
      { tenant: "north", user: "bob", scopes: ["tasks"] },
      { tenant: "south", user: "eve" },
    ],
  });
  [ada = "", bob = "", eve = ""] = server.secrets;
  const submitted = await server.call("/v1/tasks", {
    key: ada,
    json: {
      kind: "external",
      input: { queue: "secret", payload: "treasure" },
      conversation: { alias: "ada's treasure" },
    },
  });
  const task = wire.task.parse(await submitted.json());
  const made = await server.call("/v1/keys", { key: ada, json: { name: "spare" } });
  const key = createdKey.parse(await made.json());
  await server.call("/v1/agents", { key: ada, json: { name: "Guide" } });
  const file = { method: "POST", body: "A treasure map.", headers: { "content-type": "text/plain" } };
  await server.call("/v1/files?filename=map.txt&id=map", { key: ada, ...file });
  await server.call("/v1/vector-stores", { key: ada, json: { id: "maps", file_ids: ["map"] } });
  const hooked = await server.call(`/v1/tasks/${task.id}/webhooks`, { key: ada, json: { url: "http://127.0.0.1:9/" } });
  const webhook = webhookSchema.parse(await hooked.json());
  const standing = await server.call("/v1/webhooks", { key: ada, json: { url: "http://127.0.0.1:9/" } });
  owned = {
    ...{ tasks: task.id, conversations: task.conversation_id ?? "", keys: key.id, agents: "guide" },
    ...{ files: "map", "vector-stores": "maps", webhooks: webhookSchema.parse(await standing.json()).id },
    "task-webhooks": webhook.id,
  };
});
afterAll(() => server.stop());

const routes = nativeLens.routes.filter(({ open }) => !open);
const named = routes.map((route) => [`${route.method} ${route.path}`, route] as const);
/** Bodies of JSON: a file may be anything. */
const withBody = named.filter(([, { body, reads }]) => body !== null && reads !== "form or bytes");
const withId = named.filter(([, { path }]) => path.includes("{") && !path.includes("agents"));

function pathOf(route: Route, id = owned[route.path.split("/")[2] ?? ""] ?? ""): string {
  return route.path
    .replace(/\{\w+\}/, id)
    .replace("{file_id}", owned["files"] ?? "")
    .replace("{name}", "receipt.txt")
    .replace("{webhook_id}", owned["task-webhooks"] ?? "");
}

const held = { worker: "w", attempt: 1 };
/** A body that is right, for each route that needs one. */
const bodies: Record<string, unknown> = {
  revokeKeysOfUser: { user: "nobody" },
  submitTask: { kind: "agent", input: { query: "What is 2 + 2?" } },
  submitTasks: { tasks: [{ kind: "agent", input: { query: "What is 2 + 2?" } }] },
  sendInput: { value: 1 },
  setBudget: { tokens: 5 },
  actOnTask: { act: "save" },
  addComment: { text: "Fine." },
  claimWork: { worker: "w", queue: "nothing-here" },
  heartbeatWork: held,
  completeWork: { ...held, output: 1 },
  failWork: { ...held, error: { code: "c", message: "m" } },
  updateConversation: { title: "stolen" },
  sayMessage: { parts: [{ text: "hello" }] },
  createKey: { name: "mine", scopes: ["tasks"] },
  createAgent: { name: "Mine", tools: [], mode: "simple", max_turns: 2, slug: "mine" },
  updateAgent: { name: "Mine still" },
  checkText: { text: "Hello.", in: "input", guardrails: {} },
  analyzeFile: { analyses: ["keywords"] },
  createVectorStore: { id: "own", name: "Own", file_ids: ["map"] },
  updateVectorStore: { name: "Still mine" },
  addVectorStoreFiles: { files: [{ file_id: "map" }] },
  updateVectorStoreFile: { attributes: { year: 2026 } },
  createWebhook: { url: "http://127.0.0.1:9/", events: ["task.failed"], states: ["failed"] },
  createStandingWebhook: { url: "http://127.0.0.1:9/", tasks: { kinds: ["agent"] } },
  redriveWebhook: { from: 1 },
  searchVectorStore: { query: "Where is it?", limit: 3 },
  erase: { user: "nobody that there is" },
};

type Sent = { key?: string; path?: string; body?: string | Buffer | undefined; type?: string; accept?: string };
type Heard = { status: number; headers: Record<string, string | string[] | undefined>; text: string };

/** A request over a socket of its own, since fetch would not send what is sent here. */
function send(
  route: Route,
  { key, path = pathOf(route), body, type = "application/json", accept }: Sent,
): Promise<Heard> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const headers = {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { "content-type": type, "content-length": Buffer.byteLength(body) }),
      ...(accept !== undefined && { accept }),
    };
    const request = httpRequest({ hostname, port, method: route.method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    request.on("error", reject);
    request.end(body);
  });
}

const rightBody = (route: Route) => (route.body === null ? undefined : JSON.stringify(bodies[route.id] ?? {}));

function expectProblem({ status, headers, text }: Heard, ...statuses: number[]): z.infer<typeof wire.problem> {
  expect([statuses.includes(status) ? status : statuses, text]).toEqual([status, text]);
  expect(headers["content-type"]).toBe("application/problem+json; charset=utf-8");
  const problem = wire.problem.parse(JSON.parse(text));
  expect(problem.status).toBe(status);
  expect(problem.request_id).toBe(headers["x-request-id"]);
  return problem;
}

describe.each(named)("%s", (_name, route) => {
  it("wants a key", async () => {
    const refused = await send(route, { body: rightBody(route) });
    expectProblem(refused, 401);
    expect(refused.headers["www-authenticate"]).toContain("Bearer");
  });

  it("wants a right key, and not that of a developer's machine", async () => {
    for (const key of ["sk_wrong", "sk_test_123456", "", "a".repeat(5_000), "Ünïcode"]) {
      const sent = Buffer.from(key).toString("latin1");
      expectProblem(await send(route, { key: sent, body: rightBody(route) }), 401);
    }
  });

  it("refuses parameters that it does not know", async () => {
    const path = `${pathOf(route)}?no_such_parameter=1`;
    expectProblem(await send(route, { key: ada, path, body: rightBody(route) }), 400);
  });
});

describe.each(withId)("%s of another", (_name, route) => {
  it("is not there for another tenant, nor for another user of the same", async () => {
    for (const key of [eve, bob]) {
      for (const accept of ["application/json", "text/event-stream"]) {
        const heard = await send(route, { key, body: rightBody(route), accept });
        // Claimed work may be kept by any holder of the scope `work`, which Bob has not got.
        expectProblem(heard, ...(route.tag === "External work" && key === bob ? [403, 404] : [404]));
        expect(heard.text).not.toContain("treasure");
      }
    }
  });

  it("is not there under what is no id", async () => {
    const nonsense = [
      "x",
      "task_00000000000000000000000000",
      "..%2f..%2fetc",
      "'%20OR%201=1",
      "%F0%9F%92%A3",
      "a".repeat(900),
    ];
    for (const id of [...nonsense, "00000000-0000-7000-8000-000000000000"]) {
      expectProblem(await send(route, { key: eve, path: pathOf(route, id), body: rightBody(route) }), 404);
    }
    for (const id of ["%ff", "%00"]) {
      const status = route.method === "GET" ? 404 : 400;
      expectProblem(await send(route, { key: eve, path: pathOf(route, id), body: rightBody(route) }), status);
    }
    expectProblem(
      await send(route, { key: eve, path: pathOf(route, "a".repeat(8_500)), body: rightBody(route) }),
      404,
      413,
    );
  });
});

const deep = (levels: number) => `${'{"input":'.repeat(levels)}1${"}".repeat(levels)}`;

describe.each(withBody)("%s with a hostile body", (_name, route) => {
  const hostile: [string, string | Buffer, number][] = [
    ["a number", "7", 400],
    ["a text", '"text"', 400],
    ["a list", "[]", 400],
    ["null", "null", 400],
    ["what is no JSON", "{oops", 400],
    ["JSON that stops", '{"kind":', 400],
    ["an unknown field", '{"no_such_field":1}', 400],
    ["__proto__", '{"__proto__":{"admin":true}}', 400],
    ["10,000 levels", deep(10_000), 400],
    ["10,000 levels of lists", `${"[".repeat(10_000)}${"]".repeat(10_000)}`, 400],
    ["bad UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 400],
    ["5 MB", JSON.stringify({ input: "x".repeat(5_000_000) }), 413],
  ];
  it.each(hostile)("%s is refused", async (_what, body, status) => {
    expectProblem(await send(route, { key: ada, body }), status);
  });

  it("of another type is refused", async () => {
    expectProblem(await send(route, { key: ada, body: "a=1", type: "application/x-www-form-urlencoded" }), 415);
    expectProblem(await send(route, { key: ada, body: "{}", type: "nonsense" }), 415);
  });

  it("with each of its fields of a wrong type is refused", async () => {
    const right = z.record(z.string(), z.unknown()).parse(bodies[route.id] ?? {});
    const free = new Set(["input", "value", "output", "metadata", "attributes", "query", "text"]);
    // `null` is a bound that is to hold no more.
    const wrongs = [{ a: 1 }, [[]], -1.5, true, "\u0001".repeat(300), ...(route.id === "setBudget" ? [] : [null])];
    for (const field of Object.keys(right).filter((name) => !free.has(name))) {
      for (const wrong of wrongs) {
        const problem = expectProblem(
          await send(route, { key: ada, body: JSON.stringify({ ...right, [field]: wrong }) }),
          400,
        );
        expect(problem.field).toMatch(new RegExp(`^${field}`));
      }
    }
  });
});

describe("what is asked for in the query", () => {
  const hostile = [
    "limit=1&limit=2",
    "limit[]=1",
    "limit[a]=1",
    "metadata=1",
    "metadata[__proto__]=1&limit=x",
    "cursor=%00",
    `cursor=${"a".repeat(2_000)}`,
    "state=",
    "state=a,b",
    "created_from=99999999999999-01-01",
    `kind=${"a".repeat(100)}`,
    "q=",
    "wait=NaN",
    "wait=-1",
    "wait=1e9",
    "wait=301",
    "after=-1",
    "after=1.5",
    "offset=-1",
    "before=never",
  ];
  it("is refused where it makes no sense", async () => {
    for (const route of routes.filter(({ method }) => method === "GET")) {
      for (const query of hostile) {
        expectProblem(await send(route, { key: ada, path: `${pathOf(route)}?${query}` }), 400);
      }
    }
  });

  it("may be any words", async () => {
    const list = routes.find(({ id }) => id === "listTasks") ?? never();
    for (const words of ['a"', "a*", "a AND", "NEAR(a b)", "a -b", "(a", "'; DROP TABLE tasks", "ß", "💣 a", "col:x"]) {
      const heard = await send(list, { key: ada, path: `/v1/tasks?q=${encodeURIComponent(words)}` });
      expect([words, heard.status]).toEqual([words, 200]);
    }
    for (const noWord of ['"', "*", "(", "-"]) {
      expectProblem(await send(list, { key: ada, path: `/v1/tasks?q=${encodeURIComponent(noWord)}` }), 400);
    }
  });
});

describe("lists", () => {
  it("show nothing of another tenant or user", async () => {
    for (const key of [eve, bob]) {
      for (const path of ["/v1/tasks", "/v1/conversations", "/v1/tasks?q=treasure", "/v1/keys"]) {
        const text = await (await server.call(path, { key })).text();
        expect(text).not.toContain("treasure");
        expect(text).not.toContain(owned["tasks"]);
        expect(text).not.toContain(owned["keys"]);
      }
    }
    const audit = await server.call("/v1/audit", { key: eve });
    expect(await audit.text()).not.toContain(owned["keys"]);
    expect((await server.call("/v1/audit", { key: bob })).status).toBe(403);
  });

  it("let nobody make a key that can do more than its maker's", async () => {
    for (const body of [
      { name: "x", scopes: ["admin"] },
      { name: "x", user: "ada" },
      { name: "x", scopes: ["tasks:all"] },
    ]) {
      const refused = await server.call("/v1/keys", { key: bob, json: body });
      expect(wire.problem.parse(await refused.json()).code).toBe("forbidden");
    }
  });
});

describe("the owner", () => {
  it.each(named)("gets from %s what the document promises", async (_name, route) => {
    const named: Record<string, string> = { uploadFile: "?filename=a.json", addAttachment: "?name=receipt.txt" };
    const path = `${pathOf(route)}${named[route.id] ?? ""}`;
    const heard = await send(route, { key: ada, path, body: rightBody(route) });
    const promised = route.answers.find(({ status }) => status === heard.status);
    if (promised === undefined) {
      // The task is not in the state, or the lease not held, that the call needs; deleted things are gone.
      expectProblem(heard, 404, 409);
      return;
    }
    if (promised.mediaType !== undefined) expect(heard.headers["content-type"]).toBeDefined();
    else if (promised.schema === undefined) expect(heard.text).toBe("");
    else promised.schema.parse(JSON.parse(heard.text));
  });
});

it("what is no route is a problem too", async () => {
  for (const path of ["/v1/nothing", "/v2/tasks", "/v1/tasks/", "//", "/v1//tasks"]) {
    const heard = await send(routes[0] ?? never(), { key: ada, path, body: "{}" });
    expectProblem(heard, 404);
  }
});

it("a key that is revoked is out at once", async () => {
  const created = await server.call("/v1/keys", { key: ada, json: { name: "short" } });
  const { id, secret } = createdKey.parse(await created.json());
  expect((await server.call("/v1/me", { key: secret })).status).toBe(200);
  await server.call(`/v1/keys/${id}`, { key: ada, method: "DELETE" });
  expect((await server.call("/v1/me", { key: secret })).status).toBe(401);
});

function never(): never {
  throw new Error("no such route");
}
