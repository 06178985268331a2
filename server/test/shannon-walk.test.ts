/** Walks every route of Shannon's document: whatever is sent, by whomever, the answer is right or an error of that wire. */
import { request as httpRequest } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { shannonLens } from "../src/lenses/shannon/routes.ts";
import { submitAnswer } from "../src/lenses/shannon/schema.ts";
import { startTestServer, type TestServer } from "./server.ts";

let server: TestServer;
let ada = "";
let others: string[] = [];
/** May see every task of the tenant. */
let boss = "";
let task = "";
let session = "";

beforeAll(async () => {
  server = await startTestServer({
    mode: "serve",
    keys: [
      { tenant: "north", user: "ada" },
      { tenant: "north", user: "bob", scopes: ["tasks"] },
      { tenant: "south", user: "eve" },
      { tenant: "north", user: "boss", scopes: ["tasks:all"] },
    ],
  });
  [ada = "", ...others] = server.secrets;
  boss = others.pop() ?? "";
  const made = await fetch(`${server.shannonUrl}/api/v1/tasks`, {
    method: "POST",
    headers: { "x-api-key": ada },
    body: JSON.stringify({ query: "where is the treasure", mode: "simple", session_id: "treasure-map" }),
  });
  session = made.headers.get("x-session-id") ?? "";
  task = submitAnswer.parse(await made.json()).task_id;
});
afterAll(() => server.stop());

const routes = shannonLens.routes.filter(({ open }) => !open);
type Walked = (typeof routes)[number];
const named = routes.map((route) => [`${route.method} ${route.path}`, route] as const);
const withId = named.filter(([, { path }]) => path.includes("{id}"));
const withBody = named.filter(([, { method }]) => method === "POST" || method === "PATCH");

const [, oneTask] = named.find(([name]) => name === "GET /api/v1/tasks/{id}") ?? [];
if (oneTask === undefined) throw new Error("There is no route of one task.");

const idOf = ({ path }: Walked) => (path.includes("/sessions/") ? session : task);
const bodyOf = ({ method }: Walked) => (method === "PATCH" ? '{"title":"mine"}' : '{"query":"hello","mode":"simple"}');

type Heard = { status: number; headers: Record<string, string | string[] | undefined>; text: string };

function send(
  route: Walked,
  sent: { key?: string; id?: string; body?: string | Buffer; query?: string },
): Promise<Heard> {
  const { hostname, port } = new URL(server.shannonUrl);
  const { key, id = idOf(route), query = `workflow_id=${encodeURIComponent(id)}` } = sent;
  const body = sent.body ?? (route.method === "GET" || route.method === "DELETE" ? undefined : bodyOf(route));
  const headers = {
    ...(key !== undefined && { "x-api-key": key }),
    ...(body !== undefined && { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
  };
  const path = `${route.path.replace("{id}", id)}?${query}`;
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, method: route.method, path, headers, agent: false }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

const errorBody = z.object({ error: z.string().min(1) });

/** One of the statuses, and the body that this wire gives to every error. */
function expectError({ status, headers, text }: Heard, ...statuses: number[]): void {
  expect([statuses.includes(status) ? status : statuses, text]).toEqual([status, text]);
  expect(headers["content-type"]).toContain("application/json");
  errorBody.parse(JSON.parse(text));
}

it("walks the routes that there are", () => {
  expect(routes.length).toBeGreaterThanOrEqual(15);
});

describe.each(named)("%s", (_name, route) => {
  it("wants a right key before anything else", async () => {
    for (const key of [undefined, "sk_wrong", "sk_test_123456", "a".repeat(5_000)]) {
      for (const id of [task, "%00", "no such id"]) {
        const heard = await send(route, { id: encodeURIComponent(id), ...(key !== undefined && { key }) });
        expectError(heard, 401);
        expect(JSON.parse(heard.text)).toEqual({ error: "Unauthorized" });
        expect(heard.headers["www-authenticate"]).toContain('Bearer realm="Shannon API"');
      }
    }
  });

  it("answers nonsense in the query with an error of its own, or not at all otherwise than without it", async () => {
    for (const query of [
      "limit=-1",
      "limit=1e9",
      "offset=x",
      "status=%FF",
      "workflow_id=%27%20OR%201",
      "last_event_id=%00",
    ]) {
      const heard = await send(route, { key: ada, id: "task_00000000000000000000000000", query });
      expect(heard.status, `${query}: ${heard.text}`).toBeLessThan(500);
      if (heard.status >= 400) expectError(heard, heard.status);
    }
  });
});

describe.each(withId)("%s of another", (_name, route) => {
  it("is not there for another user of the tenant, nor for another tenant", async () => {
    for (const key of others) {
      const heard = await send(route, { key });
      // A redirect says nothing: where it leads to is asked with the same key.
      if (heard.status !== 307) expectError(heard, 404);
      expect(heard.text).not.toContain("treasure");
    }
  });

  it("is not there under what is no id", async () => {
    for (const id of [
      "x",
      "task_00000000000000000000000000",
      "..%2f..%2fetc",
      "'%20OR%201=1",
      "%F0%9F%92%A3",
      "a".repeat(900),
      "a".repeat(2_000),
    ]) {
      const heard = await send(route, { key: ada, id });
      if (heard.status !== 307) expectError(heard, 400, 404);
    }
    expectError(await send(route, { key: ada, id: "%ff" }), 400, 404);
  });
});

describe("lists and streams of another", () => {
  it("hold nothing", async () => {
    for (const [, route] of named.filter(([, { path, method }]) => method === "GET" && !path.includes("{id}"))) {
      for (const key of others) expect((await send(route, { key })).text).not.toContain("treasure");
    }
  });

  it("hold nothing of others either for whoever may see all: this wire lists one's own", async () => {
    for (const [, route] of named.filter(([, { path }]) => /\/(tasks|sessions)$/.test(path))) {
      if (route.method === "GET") expect((await send(route, { key: boss })).text).not.toContain("treasure");
    }
    expect((await send(oneTask, { key: boss })).text).toContain("treasure");
  });
});

describe.each(withBody)("%s with a hostile body", (_name, route) => {
  const hostile: [string, string | Buffer][] = [
    ["a number", "7"],
    ["null", "null"],
    ["a list", "[]"],
    ["what is no JSON", "{oops"],
    ["10,000 levels", `${'{"query":'.repeat(10_000)}1${"}".repeat(10_000)}`],
    ["10,000 levels of context", `{"query":"q","context":${"[".repeat(10_000)}${"]".repeat(10_000)}}`],
    ["__proto__", '{"__proto__":{"admin":true}}'],
    ["bad UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ["wrong types", '{"query":{"a":1},"session_id":[1],"mode":7,"context":"x","title":{}}'],
    ["a session id of 1,000 characters", `{"query":"q","session_id":"${"s".repeat(1_000)}"}`],
  ];
  it.each(hostile)("%s is taken as nothing or refused", async (_what, body) => {
    const heard = await send(route, { key: ada, body, id: "task_00000000000000000000000000" });
    expect(heard.status, heard.text).toBeLessThan(500);
    if (heard.status >= 400) expectError(heard, heard.status);
    expect([200, 201, 202]).not.toContain(heard.status);
  });
});
