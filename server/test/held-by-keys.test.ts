/** What is held by a key ends with it, whoever ended it: here another program that writes into the database. */
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import path from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { DATABASE_FILE } from "../src/store/sqlite/folder.ts";
import { startTestServer, type TestServer } from "./server.ts";

let server: TestServer;
let admin = "";
beforeAll(async () => {
  server = await startTestServer({ mode: "serve", keys: [{ user: "ada" }] });
  [admin = ""] = server.secrets;
});
afterAll(() => server.stop());

const made = z.object({ id: z.string(), secret: z.string() });

async function newKey(fields: object = {}) {
  const json = { name: "k", scopes: ["tasks", "work"], ...fields };
  return made.parse(await (await server.call("/v1/keys", { key: admin, json })).json());
}

/** As another process would: this server is not asked. */
function revokeBehindItsBack(id: string): void {
  const db = new Database(path.join(server.data, DATABASE_FILE));
  db.pragma("busy_timeout = 10000");
  db.prepare("UPDATE keys SET revoked_at = ? WHERE id = ?").run(Date.now(), id);
  db.close();
}

/** A request whose body has begun and does not end. `answer` is its status. */
async function sending(at: string, key: string, headers: Record<string, string>, beginning: string) {
  const request = httpRequest(new URL(at, server.url), {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, ...headers },
  });
  request.on("error", () => {});
  const answer = once(request, "response").then(([response]) => {
    response.resume();
    return response.statusCode;
  });
  request.write(beginning);
  const drip = setInterval(() => request.write(" "), 100);
  return {
    answer,
    stop: () => {
      clearInterval(drip);
      request.destroy();
    },
  };
}

const json = { "content-type": "application/json" };
const form = { "content-type": "multipart/form-data; boundary=x" };
const part = (name: string) => `--x\r\nContent-Disposition: form-data; name="${name}"; filename="a.txt"\r\n\r\nText`;

it("refuses bodies on their way within a second after their caller's key was revoked: JSON, uploads and forms", async () => {
  const { id, secret } = await newKey();
  const bodies = await Promise.all([
    sending("/v1/tasks", secret, json, '{"kind":"agent",'),
    sending("/v1/files?filename=a.txt", secret, { "content-type": "text/plain" }, "Text"),
    sending("/v1/files", secret, form, part("file")),
    sending("/shannon/api/v1/tasks", secret, { ...json, "x-api-key": secret }, '{"query":'),
    sending("/documents/v1/files", secret, form, part("file")),
    sending("/orchestrate/v1/orchestrate/upload-to-s3", secret, form, part("files")),
    sending("/a2a/assistant/message:send", secret, json, '{"message":'),
  ]);
  const answers = bodies.map(({ answer }) => answer);
  // All of them have been looked at, and are held.
  const early = Promise.race(answers);
  expect(await Promise.race([early, new Promise((resolve) => setTimeout(resolve, 700, "on their way"))])).toBe(
    "on their way",
  );
  revokeBehindItsBack(id);
  expect(await Promise.all(answers)).toEqual(bodies.map(() => 401));
  for (const { stop } of bodies) stop();
});

it("offers what a key has claimed to the next worker", async () => {
  const [holder, next] = [await newKey(), await newKey()];
  const submitted = await server.call("/v1/tasks", { key: admin, json: { kind: "external", input: { queue: "q" } } });
  const { id } = z.object({ id: z.string() }).parse(await submitted.json());
  const claim = (key: string, more: object = {}) =>
    server.call("/v1/work/claim", { key, json: { worker: "w", queue: "q", lease_ms: 3_600_000, ...more } });
  expect(await (await claim(holder.secret)).json()).toMatchObject({ data: [{ id, attempt: 1 }] });
  const hand = { worker: "w", attempt: 1, output: 1 };
  expect((await server.call(`/v1/tasks/${id}/complete`, { key: next.secret, json: hand })).status).toBe(409);
  const waiting = claim(next.secret, { wait_ms: 20_000 });
  revokeBehindItsBack(holder.id);
  expect(await (await waiting).json()).toMatchObject({ data: [{ id, attempt: 2 }] });
});
