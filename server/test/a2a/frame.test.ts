/** What holds for every operation: the envelope, versions, paths, callers, extensions, and the cards that announce it all. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { defineAgent } from "../../src/handlers/agent/definition.ts";
import { a2aLens } from "../../src/lenses/a2a/routes.ts";
import { startTestServer, type TestServer } from "../server.ts";
import { plain, scripted } from "./agents.ts";
import { ask, DIALECTS, dig, idOf, send, sentTask, stateOf, told } from "./client.ts";

const rpcBody = z.object({
  jsonrpc: z.string(),
  id: z.unknown(),
  result: z.unknown().optional(),
  error: z.strictObject({ code: z.number(), message: z.string(), data: z.unknown().optional() }).optional(),
});

const wantsMore = defineAgent({
  slug: "wants-more",
  name: "Wants more",
  card: { extensions: [{ uri: "https://example.com/ext/1", required: true }], extended: false },
});
const notYet = defineAgent({ slug: "not-yet", name: "Not yet", card: { extended: {} } });

let server: TestServer;
let ada = "";
let bob = "";
beforeAll(async () => {
  const agents = [scripted, plain, wantsMore, notYet];
  server = await startTestServer({
    mode: "serve",
    keys: [
      { user: "ada", scopes: ["tasks"] },
      { user: "bob", scopes: ["tasks"] },
      { user: "cleo", scopes: ["work"] },
    ],
    config: { agents },
  });
  [ada = "", bob = ""] = server.secrets;
});
afterAll(() => server.stop());

async function rpc(
  body: string,
  { path = "/a2a", key = ada, headers = {} }: { path?: string; key?: string; headers?: object } = {},
) {
  const response = await server.call(path, {
    method: "POST",
    body,
    headers: { "content-type": "application/json", ...headers },
    ...(key !== "" && { key }),
  });
  return { status: response.status, headers: response.headers, body: rpcBody.parse(await response.json()) };
}
const called = (method: string, params: unknown = {}, more: object = {}) =>
  JSON.stringify({ jsonrpc: "2.0", id: 1, method, params, ...more });

describe("the envelope of JSON-RPC", () => {
  it.each([
    ["no JSON", "{", -32700, null],
    ["nothing", "", -32700, null],
    ["a list", "[]", -32600, null],
    ["a batch", `[${called("GetTask")}]`, -32600, null],
    ["a text", '"GetTask"', -32600, null],
    ["another version of JSON-RPC", '{"jsonrpc":"1.0","id":"a","method":"GetTask"}', -32600, "a"],
    ["no method", '{"jsonrpc":"2.0","id":5}', -32600, 5],
    ["a method that is no text", '{"jsonrpc":"2.0","id":5,"method":7}', -32600, 5],
    ["an id that is an object", '{"jsonrpc":"2.0","id":{},"method":"GetTask"}', -32600, null],
    ["an id of too many characters", called("GetTask", {}, { id: "x".repeat(1_025) }), -32600, null],
    ["an id of too many digits", `{"jsonrpc":"2.0","id":${"9".repeat(1_025)},"method":"GetTask"}`, -32600, null],
    ["an id that is true", '{"jsonrpc":"2.0","id":true,"method":"GetTask"}', -32600, null],
    ["an unknown method", called("tasks/forget"), -32601, 1],
    ["parameters that are a list", called("GetTask", [1]), -32602, 1],
    ["parameters that are missing", called("GetTask", {}), -32602, 1],
    ["no id at all", '{"jsonrpc":"2.0","method":"GetTask","params":{"id":"x"}}', -32001, null],
    ["an id that is a text", called("GetTask", { id: "x" }, { id: "seven" }), -32001, "seven"],
  ])("%s is told with the code of it, and its id", async (_what, body, code, id) => {
    const { status, body: answer } = await rpc(body, { headers: { "a2a-version": "1.0" } });
    expect([status, answer.jsonrpc, answer.id, answer.error?.code]).toEqual([200, "2.0", id, code]);
  });

  it.each(["9007199254740993", "-12345678901234567890123", "1e400"])(
    "an id that JavaScript rounds, %s, comes back as it was written, in answers, streams and large requests",
    async (id) => {
      const text = (name: string, params: object) => called(name, params).replace('"id":1', `"id":${id}`);
      const message = (words: string) => ({ message: { messageId: "m", role: "ROLE_USER", parts: [{ text: words }] } });
      const asked = [
        text("GetTask", { id: "x" }),
        text("SendStreamingMessage", message("count")),
        // Read in a thread of its own. What is inside a message is nobody's id.
        text("SendMessage", { ...message("x".repeat(300_000)), metadata: { id: 1e300 } }),
        text("nothing", {}),
      ];
      for (const body of asked) {
        const headers = { "content-type": "application/json", "a2a-version": "1.0" };
        const response = await server.call("/a2a", { method: "POST", key: ada, body, headers });
        expect(await response.text()).toContain(`{"jsonrpc":"2.0","id":${id},`);
      }
    },
  );

  it("what does not fit is named, field by field", async () => {
    const { body } = await rpc(called("SendMessage", { message: { role: "ROLE_USER", parts: [] } }));
    expect(dig(body.error?.data, 0, "@type")).toBe("type.googleapis.com/google.rpc.BadRequest");
    expect(dig(body.error?.data, 0, "fieldViolations")).toMatchObject([
      { field: "message.messageId" },
      { field: "message.parts" },
    ]);
  });

  it.each([
    ["no role", { messageId: "m", parts: [{ text: "x" }] }],
    ["the agent's role", { messageId: "m", role: "ROLE_AGENT", parts: [{ text: "x" }] }],
    ["an empty id", { messageId: "", role: "ROLE_USER", parts: [{ text: "x" }] }],
    ["a part with nothing in it", { messageId: "m", role: "ROLE_USER", parts: [{}] }],
    ["a part with two things in it", { messageId: "m", role: "ROLE_USER", parts: [{ text: "x", url: "y" }] }],
    ["bytes that are no base64", { messageId: "m", role: "ROLE_USER", parts: [{ raw: "%%%" }] }],
    [
      "bytes that name a file of the server",
      { messageId: "m", role: "ROLE_USER", parts: [{ raw: `file:${"a".repeat(64)}` }] },
    ],
    ["long bytes that are no base64", { messageId: "m", role: "ROLE_USER", parts: [{ raw: "%".repeat(100_000) }] }],
    ["101 parts", { messageId: "m", role: "ROLE_USER", parts: Array(101).fill({ text: "x" }) }],
    [
      "metadata of 65 KB",
      { messageId: "m", role: "ROLE_USER", parts: [{ text: "x" }], metadata: { x: "x".repeat(65 << 10) } },
    ],
    ["a foreign task", { messageId: "m", role: "ROLE_USER", parts: [{ text: "x" }], taskId: 7 }],
  ])("a message with %s is refused", async (_what, message) => {
    const { status, body } = await rpc(called("SendMessage", { message }));
    expect(["-32602", "-32700"]).toContain(String(body.error?.code));
    expect(status).toBe(200);
  });

  it("names may be in snake_case, enumerations numbers, and what is unknown is ignored", async () => {
    const message = {
      message_id: "m",
      role: 1,
      context_id: null,
      parts: [{ text: "count", media_type: "text/plain" }],
      huh: 1,
    };
    const { body } = await rpc(called("SendMessage", { message, configuration: { history_length: "0" } }));
    expect(stateOf(dig(body.result, "task"))).toBe("completed");
    expect(dig(body.result, "task")).not.toHaveProperty("history");
  });
});

describe("versions", () => {
  it.each(["99.0", "2", "1.0.x", "next"])("%s is refused, in every dialect", async (version) => {
    const answers = await Promise.all(
      DIALECTS.map((dialect) =>
        ask(server, dialect, "get", { id: "x" }, { key: ada, headers: { "a2a-version": version } }),
      ),
    );
    expect(answers.map(({ error }, at) => told(DIALECTS[at] ?? "J1", error))).toEqual([-32009, -32009, -32009, -32009]);
  });

  it("the name of the method decides, whatever version the header says", async () => {
    const old = await rpc(called("tasks/get", { id: "x" }), { headers: { "a2a-version": "1.0.1" } });
    expect(old.body.error).not.toHaveProperty("data");
    const fresh = await rpc(called("GetTask", { id: "x" }));
    expect(dig(fresh.body.error?.data, 0, "reason")).toBe("TASK_NOT_FOUND");
  });

  it("over HTTP the path decides where no header does", async () => {
    const at = async (path: string, headers: Record<string, string> = {}) => {
      const response = await server.call(`/a2a${path}/tasks/x`, { key: ada, headers });
      const body = await response.json();
      return [response.status, dig(body, "error", "details", 0, "reason") ?? dig(body, "code")];
    };
    expect(await at("")).toEqual([404, "TASK_NOT_FOUND"]);
    expect(await at("/v1")).toEqual([404, -32001]);
    expect(await at("/v1", { "a2a-version": "1.0" })).toEqual([404, "TASK_NOT_FOUND"]);
    expect(await at("", { "a2a-version": "0.3" })).toEqual([400, "VERSION_NOT_SUPPORTED"]);
    expect(await at("/0.3/v1")).toEqual([404, -32001]);
    expect(await at("/1.0")).toEqual([404, "TASK_NOT_FOUND"]);
    expect(await at("/plain/1.0")).toEqual([404, "TASK_NOT_FOUND"]);
    expect(await at("/default")).toEqual([404, "TASK_NOT_FOUND"]);
    expect(await at("/plain/default")).toEqual([404, "TASK_NOT_FOUND"]);
    expect((await at("/plain/strangers"))[0]).toBe(403);
    expect((await at("/nobody"))[0]).toBe(404);
    for (const [path, status] of [
      ["/message:send", 405],
      ["/tasks/x/y", 404],
    ] as const) {
      const unrouted = await server.call(`/a2a${path}`, { key: ada });
      expect(unrouted.status).toBe(status);
      expect(await unrouted.json()).toMatchObject({ error: { code: status, status: "UNIMPLEMENTED" } });
    }
  });
});

describe("the log of the server", () => {
  it("has a line for an act on a task over HTTP, and none for what begins work, asks for it or follows it", () => {
    const told = a2aLens.routes.filter(({ method, quiet }) => method !== "GET" && quiet !== true);
    const acts = told.map(({ method, path }) => `${method} ${path.replace("/{base}", "").replace("/v1", "")}`);
    expect(new Set(acts)).toEqual(
      new Set([
        "POST /tasks/{id}:cancel",
        "POST /tasks/{taskId}/pushNotificationConfigs",
        "DELETE /tasks/{taskId}/pushNotificationConfigs/{id}",
      ]),
    );
  });
});

describe("callers", () => {
  it.each(DIALECTS)("%s tells who has no key so, and who may do nothing with it", async (dialect) => {
    const unknown = await ask(server, dialect, "get", { id: "x" });
    expect(unknown.status).toBe(401);
    expect(unknown.headers.get("www-authenticate")).toContain("Bearer");
    if (dialect === "J1" || dialect === "J3") expect(unknown.error?.code).toBe(-32000);
    const powerless = await ask(
      server,
      dialect,
      "get",
      { id: "task_00000000000000000000000000" },
      { key: server.secrets[2] ?? "" },
    );
    expect(powerless.status).toBe(403);
  });

  it.each(DIALECTS)(
    "%s tells nobody of another's task: each answer is that for one that there is not",
    async (dialect) => {
      const id = idOf(sentTask(dialect, await send(server, dialect, { text: "ask" }, { key: ada })));
      const none = "task_00000000000000000000000000";
      for (const name of ["get", "cancel"] as const) {
        const [theirs, nobodys] = await Promise.all([
          ask(server, dialect, name, { id }, { key: bob }),
          ask(server, dialect, name, { id: none }, { key: bob }),
        ]);
        expect([name, theirs.status, theirs.text]).toEqual([name, nobodys.status, nobodys.text]);
      }
      const [said, saidToNobody] = await Promise.all([
        send(server, dialect, { text: "blue", taskId: id }, { key: bob }),
        send(server, dialect, { text: "blue", taskId: none }, { key: bob }),
      ]);
      expect([told(dialect, said.error), said.text]).toEqual([-32001, saidToNobody.text]);
      expect(stateOf((await ask(server, dialect, "get", { id }, { key: ada })).result)).toBe("input-required");
    },
  );

  it("a tenant that is not that of the key is refused, wherever it is named", async () => {
    const foreign = await ask(server, "J1", "get", { id: "x", tenant: "strangers" }, { key: ada });
    expect([foreign.status, foreign.error?.code]).toEqual([403, -32000]);
    expect((await ask(server, "J1", "get", { id: "x", tenant: "default" }, { key: ada })).error?.code).toBe(-32001);
  });

  it("a context of another's is an empty one of one's own", async () => {
    const sent = sentTask("J1", await send(server, "J1", { text: "count", contextId: "shared-name" }, { key: ada }));
    const other = sentTask("J1", await send(server, "J1", { text: "count", contextId: "shared-name" }, { key: bob }));
    expect([dig(sent, "contextId"), dig(other, "contextId")]).toEqual(["shared-name", "shared-name"]);
  });

  it("a body of another type, and one that is too long, are refused with the status of that", async () => {
    const typed = await rpc("<a/>", { headers: { "content-type": "text/xml" } });
    expect([typed.status, typed.body.error?.code]).toEqual([415, -32005]);
    const long = await rpc(called("SendMessage", { x: "x".repeat(11 << 20) }));
    expect([long.status, long.body.error?.code]).toEqual([413, -32600]);
    const http = await server.call("/a2a/message:send", {
      key: ada,
      method: "POST",
      body: "x",
      headers: { "content-type": "text/plain" },
    });
    expect([http.status, dig(await http.json(), "error", "details", 0, "reason")]).toEqual([
      415,
      "CONTENT_TYPE_NOT_SUPPORTED",
    ]);
  });

  it("are answered over HTTP with the protocol's own type where they ask for it", async () => {
    const params = { id: idOf(sentTask("R1", await send(server, "R1", { text: "count" }, { key: ada }))) };
    const usual = await ask(server, "R1", "get", params, { key: ada });
    const own = await ask(server, "R1", "get", params, { key: ada, headers: { accept: "application/a2a+json" } });
    expect([usual.headers.get("content-type"), own.headers.get("content-type")]).toEqual([
      "application/json; charset=utf-8",
      "application/a2a+json",
    ]);
  });
});

describe("a send", () => {
  it("with a key takes effect once, and with another body it is a conflict", async () => {
    const asked = { key: ada, headers: { "idempotency-key": "once" } };
    const first = sentTask("J1", await send(server, "J1", { text: "count", id: "k" }, asked));
    const again = sentTask("R1", await send(server, "R1", { text: "count", id: "k" }, asked));
    expect(idOf(again)).toBe(idOf(first));
    const other = await send(server, "R1", { text: "count more", id: "k" }, asked);
    expect(other.status).toBe(409);
    expect((await send(server, "J1", { text: "count more", id: "k" }, asked)).error?.code).toBe(-32602);
  });

  it("without one begins a task each time, also under a messageId that was used before", async () => {
    const ids = await Promise.all(
      [1, 2, 3].map(async () =>
        idOf(sentTask("J1", await send(server, "J1", { text: "count", id: "same" }, { key: ada }))),
      ),
    );
    expect(new Set(ids).size).toBe(3);
  });

  it("by our extension takes effect once under its messageId", async () => {
    const asked = { key: ada, headers: { "a2a-extensions": "urn:waybill:a2a:sent-once:1, urn:other" } };
    const first = await send(server, "J1", { text: "count", id: "once-by-id" }, asked);
    expect(first.headers.get("a2a-extensions")).toBe("urn:waybill:a2a:sent-once:1");
    const again = await send(server, "J1", { text: "count", id: "once-by-id" }, asked);
    expect(idOf(sentTask("J1", again))).toBe(idOf(sentTask("J1", first)));
  });

  it("without an extension that the agent wants is refused", async () => {
    const base = "/a2a/wants-more";
    const codes = await Promise.all(
      DIALECTS.map(async (dialect) =>
        told(dialect, (await send(server, dialect, { text: "x" }, { key: ada, base })).error),
      ),
    );
    expect(codes).toEqual([-32008, -32008, -32004, -32004]);
  });
});

describe("a card", () => {
  async function card(path: string, headers: Record<string, string> = {}) {
    const response = await server.call(`${path}/.well-known/agent-card.json`, { headers });
    return {
      status: response.status,
      headers: response.headers,
      body: z
        .record(z.string(), z.unknown())
        .catch({})
        .parse(await response.json().catch(() => null)),
    };
  }

  it("is both versions' where none is named, and each one's own where one is", async () => {
    const hybrid = (await card("/a2a")).body;
    expect(hybrid).toMatchObject({ name: "Scripted", protocolVersion: "0.3.0", preferredTransport: "JSONRPC" });
    expect(hybrid["supportedInterfaces"]).toMatchObject(
      ["1.0", "1.0", "0.3", "0.3"].map((protocolVersion) => ({ protocolVersion })),
    );
    for (const fresh of [(await card("/a2a", { "a2a-version": "1.0" })).body, (await card("/a2a/1.0")).body]) {
      expect(Object.keys(fresh).filter((key) => !NEW_CARD.includes(key))).toEqual([]);
    }
    for (const old of [(await card("/a2a", { "a2a-version": "0.3" })).body, (await card("/a2a/0.3")).body]) {
      expect(old).not.toHaveProperty("supportedInterfaces");
    }
    expect(hybrid).toMatchObject({ security: [{ bearer: [] }, { basic: [] }, { key: [] }] });
    expect(dig((await card("/a2a/1.0")).body, "supportedInterfaces", 0, "url")).toBe(`${server.url}/a2a/1.0/`);
  });

  it("of the default agent is at the root too, and every agent's below its base", async () => {
    expect((await card("")).body).toEqual((await card("/a2a")).body);
    expect((await card("/a2a/plain")).body).toMatchObject({ name: "Plain", url: `${server.url}/a2a/plain/` });
    expect((await server.call("/.well-known/agent.json")).status).toBe(200);
    expect((await card("/a2a/nobody")).status).toBe(404);
  });

  it("has a tag, and who knows it is not told again", async () => {
    const { headers } = await card("/a2a");
    expect(headers.get("cache-control")).toBe("public, max-age=300");
    expect(headers.get("vary")).toBe("A2A-Version, Accept, Origin");
    expect(headers.get("last-modified")).toMatch(/GMT$/);
    expect((await card("/a2a", { "if-none-match": headers.get("etag") ?? "" })).status).toBe(304);
  });

  it("that is extended is for those with a key", async () => {
    for (const dialect of DIALECTS) {
      expect((await ask(server, dialect, "card")).status).toBe(401);
      expect((await ask(server, dialect, "card", {}, { key: ada })).result).toMatchObject({ name: "Scripted" });
      const headers = { "a2a-extensions": "https://example.com/ext/1" };
      const none = await ask(server, dialect, "card", {}, { key: ada, base: "/a2a/wants-more", headers });
      expect(told(dialect, none.error)).toBe(-32004);
      expect(told(dialect, (await ask(server, dialect, "card", {}, { key: ada, base: "/a2a/not-yet" })).error)).toBe(
        -32007,
      );
    }
  });
});

const NEW_CARD = [
  "name",
  "description",
  "supportedInterfaces",
  "provider",
  "version",
  "documentationUrl",
  "iconUrl",
  "capabilities",
  "securitySchemes",
  "securityRequirements",
  "defaultInputModes",
  "defaultOutputModes",
  "skills",
  "signatures",
];
