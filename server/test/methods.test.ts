/** A path that is there says which methods it has to whoever asks with another one, in the words of its API, before it reads anything. */
import { request } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { LENSES } from "../src/lenses/index.ts";
import { startTestServer, type TestServer } from "./server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({
    mode: "serve",
    keys: [
      { user: "ada" },
      { user: "bob", scopes: ["tasks", "tasks:all"] },
      { user: "cleo", scopes: ["work"] },
      { user: "prometheus", scopes: ["metrics"] },
    ],
  });
});
afterAll(() => server.stop());

const ASKED = ["GET", "POST", "PUT", "PATCH", "DELETE", "QUERY", "PROPFIND"];

function ask(method: string, path: string): Promise<{ status: number; allow: string; type: string; body: string }> {
  const { hostname, port } = new URL(server.url);
  const headers = { "content-type": "no type at all", "content-length": "1" };
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path, headers }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      const { allow = "", "content-type": type = "" } = response.headers;
      resolve({ status: response.statusCode ?? 0, allow, type, body: Buffer.concat(chunks).toString() });
    });
    sent.on("error", reject).end("x");
  });
}

test.each(LENSES)("$name", async ({ routes, mount, variants = [""], renderUnrouted }) => {
  const methodsOf = new Map<string, Set<string>>();
  for (const { path, method } of routes) {
    const methods = methodsOf.get(path) ?? new Set();
    methodsOf.set(path, methods.add(method));
    if (method === "GET") methods.add("HEAD");
  }
  for (const [path, methods] of methodsOf) {
    const at = mount + variants[0] + path.replaceAll(/\{\w+\}/g, "x");
    for (const method of ASKED.filter((each) => !methods.has(each))) {
      const { status, allow, type, body } = await ask(method, at);
      expect([method, at, status, allow.split(", ").sort()]).toEqual([method, at, 405, [...methods].sort()]);
      const own = renderUnrouted({ method, path: at, allowed: allow.split(", ") }, { id: "", unread: true });
      expect(type).toBe(own.headers["content-type"]);
      expect(Object.keys(JSON.parse(body))).toEqual(Object.keys(JSON.parse(own.body)));
    }
  }
});

/** What is told of a path to whoever reads it so; a stream is left once its head is there. */
async function head(method: "GET" | "HEAD", path: string): Promise<[string, number, string | null, string]> {
  const [key = ""] = server.secrets;
  const answer = await server.call(path, { method, key, redirect: "manual" });
  const said = method === "HEAD" ? await answer.text() : "";
  await answer.body?.cancel().catch(() => undefined);
  return [path, answer.status, answer.headers.get("content-type"), said];
}

test.each(LENSES)(
  "$name serves HEAD wherever it serves GET, with the same head",
  async ({ routes, mount, variants }) => {
    const gets = routes.filter(({ method }) => method === "GET");
    const paths = gets.map(({ path }) => mount + (variants?.[0] ?? "") + path.replaceAll(/\{\w+\}/g, "x"));
    const heard = await Promise.all(paths.map((path) => head("HEAD", path)));
    expect(heard).toEqual(await Promise.all(paths.map((path) => head("GET", path))));
    expect(heard.map(([, status]) => status)).not.toContain(405);
  },
);

test("a stream is none to whoever asks for its head alone", async () => {
  const [key = ""] = server.secrets;
  const json = { kind: "human", input: { title: "Wait" } };
  const submitted = await server.call("/v1/tasks", { json, key });
  const task = z.object({ id: z.string() }).parse(await submitted.json());
  for (const path of [`/a2a/tasks/${task.id}:subscribe`, `/shannon/api/v1/stream/sse?workflow_id=${task.id}`])
    expect(await head("HEAD", path)).toEqual([path, 200, expect.stringContaining("text/event-stream"), ""]);
});

/** The status and headers of what a socket says when it is told so. */
function told(head: string): Promise<string> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(Number(port), hostname, () => socket.write(head));
    socket.on("data", (bytes) => (answer += bytes)).on("end", () => resolve(answer));
    socket.on("error", reject);
  });
}

test.each([
  ["FOO /v1/tasks HTTP/1.1\r\nHost: a\r\n\r\n", "501 Not Implemented"],
  ["get /v1/tasks HTTP/1.1\r\nHost: a\r\n\r\n", "501 Not Implemented"],
  ["CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n", "405 Method Not Allowed"],
  ["\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "400 Bad Request"],
  ["FOO\r\n\r\n", "400 Bad Request"],
])("%j, which no framework hears of, is answered by %s", async (head, status) => {
  const answer = await told(head);
  expect(answer).toContain(`HTTP/1.1 ${status}\r\nconnection: close\r\n`);
  expect(answer.includes("allow: GET")).toBe(status.startsWith("405"));
});

test.each(LENSES)("$name says no key back that stands in a path", async ({ mount }) => {
  const [key = ""] = server.secrets;
  for (const path of [`${mount}/${key}`, `${mount}/not/there/${key}`])
    expect(JSON.stringify(await ask("GET", path))).not.toContain(key);
});

test("metrics are for who has their scope, or is an admin", async () => {
  const statuses = server.secrets.map(async (key) => (await server.call("/metrics", { key })).status);
  expect(await Promise.all(statuses)).toEqual([200, 403, 403, 200]);
});

test("what a listener answers beside its APIs", async () => {
  for (const path of ["/health", "/metrics", "/"]) {
    expect([path, await ask("POST", path)]).toMatchObject([path, { status: 405, allow: "GET, HEAD" }]);
  }
  expect((await ask("POST", "/nothing")).status).toBe(404);
});

test("a preflight is answered in every API, whatever it says of a body", async () => {
  const dev = await startTestServer();
  const answers = LENSES.flatMap(({ name, mount, variants = [""] }) =>
    [{}, { "content-type": "application/json" }, { "content-type": "no type at all" }].map(async (said) => {
      const headers = { origin: "http://localhost:3000", "access-control-request-method": "POST", ...said };
      const { status } = await dev.call(`${mount}${variants[0]}/x`, { method: "OPTIONS", headers });
      return [name, said, status];
    }),
  );
  const told = await Promise.all(answers);
  await dev.stop();
  expect(told.filter(([, , status]) => status !== 200)).toEqual([]);
});
