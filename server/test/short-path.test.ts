/** What is asked most often is answered before the HTTP framework, and nobody can tell. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { startTestServer, type TestServer } from "./server.ts";

let server: TestServer;
let keys: { ada: string; bob: string };
let id = "";

beforeAll(async () => {
  server = await startTestServer({ mode: "serve", keys: [{ user: "ada" }, { user: "bob" }] });
  const [ada = "", bob = ""] = server.secrets;
  keys = { ada, bob };
  const submitted = await server.call("/v1/tasks", { key: ada, json: { kind: "external", input: { queue: "never" } } });
  ({ id } = z.object({ id: z.string() }).parse(await submitted.json()));
});
afterAll(() => server.stop());

/** Of an answer, what does not differ from one request to the next. */
const OWN = /"(?:id|number|request_id|\w+_at|trace_id|\w+Id|timestamp)":(?:"[^"]*"|\d+)/g;
// Of a connection that stays, an answer need not say so.
const CHANGING = new Set(["connection", "keep-alive", "date", "etag", "location", "x-request-id", "content-length"]);

async function heard(path: string, init: RequestInit): Promise<unknown> {
  const response = await fetch(`${server.url}${path}`, init);
  const headers = [...response.headers].filter(([name]) => !CHANGING.has(name) && !name.startsWith("ratelimit"));
  const limits = [...response.headers.keys()].filter((name) => name.startsWith("ratelimit"));
  return [response.status, headers.sort(), limits.sort(), (await response.text()).replaceAll(OWN, "")];
}

const bearer = (key: string | undefined) => (key === undefined ? undefined : { authorization: `Bearer ${key}` });

it.each([
  ["a task", () => keys.ada, () => id, {}],
  ["a task that it has already", () => keys.ada, () => id, { "if-none-match": "*" }],
  ["a task of somebody else", () => keys.bob, () => id, {}],
  ["a task that there is not", () => keys.ada, () => "task_00000000000000000000000000", {}],
  ["with a key that is none", () => "sk_nobody", () => id, {}],
  ["without a key", () => undefined, () => id, {}],
])("a read of %s is answered in one way", async (_what, key, of, more) => {
  const headers = { ...bearer(key()), ...more };
  const plain = await heard(`/v1/tasks/${of()}`, { headers });
  // A query that has to be looked into is the framework's.
  expect(plain).toEqual(await heard(`/v1/tasks/${of()}?lens=native`, { headers }));
});

const work = JSON.stringify({ kind: "external", input: { queue: "never" } });
it.each([
  ["that is taken", () => keys.ada, work],
  ["of no kind", () => keys.ada, '{"kind":"nothing","input":{}}'],
  ["with a field too many", () => keys.ada, '{"kind":"external","input":{},"colour":"red"}'],
  ["that is no JSON", () => keys.ada, '{"kind":'],
  ["with half a character", () => keys.ada, '{"kind":"external","input":{"payload":"\\ud800"}}'],
  ["with a key that is none", () => "sk_nobody", work],
  ["without a key", () => undefined, work],
])("a submit %s is answered in one way", async (_what, key, body) => {
  const post = (type: string) => ({ method: "POST", body, headers: { ...bearer(key()), "content-type": type } });
  const plain = await heard("/v1/tasks", post("application/json"));
  expect(plain).toEqual(await heard("/v1/tasks", post("application/json;  charset=utf-8")));
});

const spoken = { messageId: "m-1", role: "ROLE_USER", parts: [{ text: "What is 17 * 23?" }] };
const called = (method: string, params: object = { message: spoken }) =>
  JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
const later = { message: spoken, configuration: { returnImmediately: true } };
it.each([
  ["that is answered", "/assistant", () => keys.ada, called("SendMessage")],
  ["that is answered over HTTP", "/assistant/message:send", () => keys.ada, JSON.stringify({ message: spoken })],
  ["to the default agent", "/", () => keys.ada, called("SendMessage", later)],
  ["below a version and a tenant", "/assistant/1.0/default", () => keys.ada, called("SendMessage", later)],
  ["to an agent that there is not", "/nobody", () => keys.ada, called("SendMessage")],
  ["by no method", "/assistant", () => keys.ada, called("Nothing")],
  ["that is no JSON", "/assistant", () => keys.ada, '{"jsonrpc":'],
  ["without a key", "/assistant/message:send", () => undefined, JSON.stringify({ message: spoken })],
])("a message of A2A %s is answered in one way", async (_what, path, key, body) => {
  const post = (type: string) => {
    const headers = { ...bearer(key()), "content-type": type, "a2a-version": "1.0" };
    return heard(`/a2a${path}`, { method: "POST", body, headers });
  };
  expect(await post("application/json")).toEqual(await post("application/json;  charset=utf-8"));
});

it("streams in one way", async () => {
  const post = async (type: string) => {
    const headers = { ...bearer(keys.ada), "content-type": type, "a2a-version": "1.0" };
    const body = called("SendStreamingMessage");
    const response = await fetch(`${server.url}/a2a/assistant`, { method: "POST", body, headers });
    const changing = (name: string) => CHANGING.has(name) || name.startsWith("ratelimit");
    const said = [...response.headers].filter(([name]) => !changing(name)).sort();
    return { said, isWhole: (await response.text()).includes("TASK_STATE_COMPLETED") };
  };
  const plain = await post("application/json");
  expect(plain.isWhole).toBe(true);
  expect(plain).toEqual(await post("application/json;  charset=utf-8"));
});

it("counts in the metrics like all others", async () => {
  const read = () => server.call("/metrics", { key: keys.ada }).then((response) => response.text());
  const requests = (page: string) =>
    Number(
      /^waybill_http_request_duration_seconds_count\{.*tasks\/:id",method="GET",status="200"\} (\d+)$/m.exec(page)?.[1],
    );
  const before = requests(await read());
  await (await server.call(`/v1/tasks/${id}`, { key: keys.ada })).text();
  await expect.poll(async () => requests(await read())).toBe(before + 1);
});
