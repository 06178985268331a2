/** What is held by a key ends with it, whoever ended it: here another program that writes into the database. */
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import path from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { DATABASE_FILE } from "../src/store/sqlite/folder.ts";
import { ask, DIALECTS, request } from "./a2a/client.ts";
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

/** A task of a key's user that nobody ends, and what may be held on it through each API: resolves once its answer has ended. */
async function holding(key: string) {
  const json = { kind: "external", input: { queue: "held" } };
  const { id } = z.object({ id: z.string() }).parse(await (await server.call("/v1/tasks", { key, json })).json());
  const stream = { accept: "text/event-stream" };
  const opened: [string, Response][] = [];
  for (const dialect of DIALECTS) opened.push([dialect, await request(server, dialect, "subscribe", { id }, { key })]);
  for (const at of [
    `/v1/tasks/${id}/events`,
    `/shannon/api/v1/stream/sse?workflow_id=${id}`,
    `/shannon/api/v1/tasks/${id}/stream`,
  ])
    opened.push([at, await server.call(at, { key, headers: stream })]);
  expect(opened.map(([what, { status }]) => [what, status])).toEqual(opened.map(([what]) => [what, 200]));
  const streams = opened.map(async ([what, response]) => {
    await response.text().catch(() => {});
    return [what, "ended"];
  });
  const held = [
    ["GET", server.call(`/v1/tasks/${id}?wait=60`, { key })],
    ["HEAD", server.call(`/v1/tasks/${id}?wait=60`, { key, method: "HEAD" })],
    ["POST", server.call("/v1/tasks?wait=60", { key, json })],
    ["claim", server.call("/v1/work/claim", { key, json: { worker: "w", queue: "none", wait_ms: 60_000 } })],
    ["audit", server.call("/v1/audit?order=oldest&wait=60&act=none", { key })],
  ] as const;
  const answers = held.map(async ([what, answer]) => [what, (await answer).status]);
  return { id, all: Promise.all([...streams, ...answers]) };
}

const ENDED = [
  ...[...DIALECTS, "native", "sse", "stream"].map(() => "ended"),
  ...["GET", "HEAD", "POST", "claim", "audit"].map(() => 401),
];

it("ends all that is held by a user's keys within a second once all of them are revoked, in every dialect", async () => {
  const keys = [
    await newKey({ user: "eve", scopes: ["tasks", "work", "admin"] }),
    await newKey({ user: "eve", scopes: ["tasks", "work", "admin"] }),
  ];
  const held = await Promise.all(keys.map(({ secret }) => holding(secret)));
  const revoked = await server.call("/v1/keys/revoke", { key: admin, json: { user: "eve" } });
  expect(await revoked.json()).toEqual({ user: "eve", revoked: 2 });
  for (const { all } of held) expect((await all).map(([, what]) => what)).toEqual(ENDED);
  for (const [at, { secret }] of keys.entries())
    for (const dialect of DIALECTS)
      expect([dialect, (await ask(server, dialect, "get", { id: held[at]?.id }, { key: secret })).status]).toEqual([
        dialect,
        401,
      ]);
});

it("ends all that is held when the key expires in its midst", async () => {
  // A busy machine may not hold all of it before the first keys are over.
  for (let lifeMs = 4_000; ; lifeMs *= 2) {
    const expires = Date.now() + lifeMs;
    const key = { user: "eve", scopes: ["tasks", "work", "admin"], expires_at: new Date(expires).toISOString() };
    const { secret } = await newKey(key);
    const held = await holding(secret).catch((error: unknown) => {
      if (Date.now() < expires) throw error;
    });
    if (!held) continue;
    expect((await held.all).map(([, what]) => what)).toEqual(ENDED);
    expect(Date.now()).toBeGreaterThanOrEqual(expires);
    return;
  }
});

it("ends what is held by the former secret of a rotated key with its overlap, and keeps what the new one holds, and the lease of both", async () => {
  const { id: keyId, secret: former } = await newKey({ user: "eve" });
  const json = { kind: "external", input: { queue: "rotated" } };
  const { id } = z
    .object({ id: z.string() })
    .parse(await (await server.call("/v1/tasks", { key: former, json })).json());
  const claim = { worker: "w", queue: "rotated", lease_ms: 3_600_000 };
  expect((await server.call("/v1/work/claim", { key: former, json: claim })).status).toBe(200);
  const stream = await server.call(`/v1/tasks/${id}/events`, { key: former, headers: { accept: "text/event-stream" } });
  const rotated = await server.call(`/v1/keys/${keyId}/rotate`, { key: admin, json: { overlap_ms: 2_000 } });
  const { secret } = z.object({ secret: z.string() }).parse(await rotated.json());
  const leave = new AbortController();
  const wait = (key: string) => server.call(`/v1/tasks/${id}?wait=60`, { key, signal: leave.signal });
  const byNew = wait(secret).then(({ status }) => status);
  expect([(await wait(former)).status, stream.status]).toEqual([401, 200]);
  await stream.text().catch(() => {});
  expect((await server.call("/v1/me", { key: former })).status).toBe(401);
  const hand = { worker: "w", attempt: 1, output: 1 };
  expect((await server.call(`/v1/tasks/${id}/complete`, { key: secret, json: hand })).status).toBe(200);
  expect(await byNew).toBe(200);
});
