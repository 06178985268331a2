/** A share for everybody: what one key or address takes of a server in `serve` leaves the others theirs. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { sharesConfig, sharesOf } from "../src/http/shares/configuration.ts";
import { startTestServer, type TestServer } from "./server.ts";

const KEY = { requestsPerMinute: 30, requests: 2, streams: 2, searches: 1 };
const shares = sharesOf(
  "serve",
  sharesConfig.parse({
    key: KEY,
    // Asked again and again until something has been noticed.
    tiers: {
      patient: { requestsPerMinute: null },
      slow: { requestsPerMinute: null, requests: null, streams: null, streamsPerMinute: 6 },
      opening: { requestsPerMinute: null, requests: null, streams: null, streamsPerMinute: 60 },
    },
    tenants: {
      small: { requestsPerMinute: 10 },
      pair: { requestsPerMinute: 40 },
      few: { openTasks: 2, streams: 1, bodiesBytes: 3_000 },
      full: { storedBytes: 50_000 },
      files: { bodiesBytes: 3_000 },
      stage: { streamsPerMinute: 600 },
      held: { openTasks: 3 },
    },
    address: { requestsPerMinute: 40 },
  }),
);
const USERS = ["ada", "bob", "eve", "finn", "gil", "hal", "ivy"] as const;

const TIERS: Readonly<Record<string, string>> = { eve: "patient", ivy: "opening" };

let server: TestServer;
let keys: Record<
  | (typeof USERS)[number]
  | "sam"
  | "sue"
  | "zoe"
  | "pam"
  | "pat"
  | "max"
  | "zac"
  | "lea"
  | "lou"
  | "ann"
  | "ned"
  | "kim",
  string
>;

beforeAll(async () => {
  const users = USERS.map((user) => ({ user, ...(TIERS[user] && { tier: TIERS[user] }) }));
  const small = ["sam", "sue"].map((user) => ({ user, tenant: "small" }));
  server = await startTestServer({
    mode: "serve",
    keys: [
      ...users,
      ...small,
      { user: "zoe", tenant: "few" },
      { user: "pam", tenant: "pair" },
      { user: "pat", tenant: "pair" },
      { user: "max", tenant: "full", tier: "patient" },
      { user: "zac", tenant: "few" },
      { user: "lea", tenant: "stage", tier: "slow" },
      { user: "lou", tenant: "stage" },
      { user: "ann", tenant: "family" },
      { user: "ned", tenant: "held" },
      { user: "kim", tenant: "files" },
    ],
    config: { shares },
  });
  const [
    ada = "",
    bob = "",
    eve = "",
    finn = "",
    gil = "",
    hal = "",
    ivy = "",
    sam = "",
    sue = "",
    zoe = "",
    pam = "",
    pat = "",
    max = "",
    zac = "",
    lea = "",
    lou = "",
    ann = "",
    ned = "",
    kim = "",
  ] = server.secrets;
  keys = { ada, bob, eve, finn, gil, hal, ivy, sam, sue, zoe, pam, pat, max, zac, lea, lou, ann, ned, kim };
});
afterAll(() => server.stop());

async function ask(path: string, key?: string): Promise<{ status: number; headers: Headers; body: unknown }> {
  const { status, headers, ...answer } = await server
    .call(path, key === undefined ? {} : { key })
    .then(async (response) => ({ status: response.status, headers: response.headers, text: await response.text() }));
  const isJson = headers.get("content-type")?.includes("json") ?? false;
  return { status, headers, body: isJson ? JSON.parse(answer.text) : answer.text };
}

async function exhaust(key: string, path = "/v1/me"): Promise<void> {
  for (let at = 0; at < 100; at++) if ((await ask(path, key)).status === 429) return;
  throw new Error("This key has no bound.");
}

/** A request whose body never comes to its end: it is in work as long as its connection. */
async function unfinished(key: string | null) {
  const { hostname, port } = new URL(server.url);
  const socket = connect({ host: hostname, port: Number(port) });
  const authorization = key === null ? "" : `Authorization: Bearer ${key}\r\n`;
  socket.write(
    `POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\n${authorization}Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`,
  );
  return socket;
}

describe("requests of a minute", () => {
  it("are told by every answer, and those of a key are nobody else's", async () => {
    const first = await ask("/v1/me", keys.ada);
    expect(first.headers.get("ratelimit-policy")).toBe('"key";q=30;w=60');
    expect(first.headers.get("ratelimit")).toMatch(/^"key";r=29;t=(60|59)$/);
    const missing = await ask("/v1/tasks/task_00000000000000000000000000", keys.ada);
    expect([missing.status, missing.headers.get("ratelimit-remaining")]).toEqual([404, "28"]);
    expect(missing.headers.get("ratelimit-limit")).toBe("30");
    await exhaust(keys.ada);
    expect((await ask("/v1/me", keys.bob)).status).toBe(200);
  });

  it.each([
    ["/v1/tasks", { code: "rate_limited", status: 429, retry_after_s: expect.any(Number) }],
    ["/shannon/api/v1/tasks", { error: "Rate limit exceeded", window: "minute", retry_after: expect.any(Number) }],
    ["/documents/v1/files", { code: 6, detail: { type: "rate_limit_error" } }],
    ["/orchestrate/v1/orchestrate/agents", { detail: expect.any(String) }],
    ["/a2a/tasks", { error: { code: 429, status: "RESOURCE_EXHAUSTED" } }],
    ["/bpm/api/4.0/tasks", { status: 429, title: "Too Many Requests" }],
  ])("that are too many are refused at %s in its own words", async (path, words) => {
    const { status, headers, body } = await ask(path, keys.ada);
    expect([status, body]).toMatchObject([429, words]);
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
    expect(Number(headers.get("retry-after"))).toBeLessThanOrEqual(60);
    expect(headers.get("ratelimit-remaining")).toBe("0");
  });

  it("count for the tenant too, whichever key they come with", async () => {
    await exhaust(keys.sam);
    const { status, headers } = await ask("/v1/me", keys.sue);
    expect([status, headers.get("ratelimit-policy")]).toEqual([429, '"tenant";q=10;w=60']);
    expect((await ask("/v1/me", keys.bob)).status).toBe(200);
  });

  it("are as many as the tasks that one of them submits at once", async () => {
    const submitted = async (count: number) => {
      const tasks = Array(count).fill({ kind: "external", input: { queue: "many" } });
      const { status, headers } = await server.call("/v1/tasks:batch", { key: keys.hal, json: { tasks } });
      return [status, headers.get("ratelimit-remaining")];
    };
    expect(await submitted(20)).toEqual([200, "10"]);
    expect((await submitted(20))[0]).toBe(429);
    expect(await submitted(5)).toEqual([200, "4"]);
  });

  it("of a key are those of the keys that it has made, too: ten children have no ten shares", async () => {
    const make = async (key: string) => {
      const json = { name: "below", scopes: ["tasks"], child: true };
      return z.object({ secret: z.string() }).parse(await (await server.call("/v1/keys", { key, json })).json()).secret;
    };
    const child = await make(keys.ann);
    const grandchild = await make(child);
    const left = async (key: string) => Number((await ask("/v1/me", key)).headers.get("ratelimit-remaining"));
    const before = await left(keys.ann);
    expect([await left(child), await left(grandchild), await left(keys.ann)]).toEqual([
      before - 1,
      before - 2,
      before - 3,
    ]);
    await exhaust(grandchild);
    expect((await ask("/v1/me", keys.ann)).status).toBe(429);
  });

  it("that are refused take nothing of the tenant's share, and leave the others theirs", async () => {
    for (let at = 0; at < KEY.requestsPerMinute + 20; at++) await ask("/v1/me", keys.pam);
    expect((await ask("/v1/me", keys.pam)).status).toBe(429);
    expect((await ask("/v1/me", keys.pat)).status).toBe(200);
  });

  it("without an accepted key count for their address alone, and health and metrics for nobody", async () => {
    for (let at = 0; at < 20; at++) expect((await ask("/v1/me", `sk_wrong-${at}`)).status).toBe(401);
    await exhaust("sk_wrong");
    expect((await ask("/openapi.json")).status).toBe(429);
    expect((await ask("/nowhere")).status).toBe(429);
    expect((await ask("/v1/me", keys.bob)).status).toBe(200);
    for (let at = 0; at < 50; at++) {
      expect((await ask("/health")).status).toBe(200);
      expect((await ask("/metrics", keys.bob)).status).toBe(200);
    }
  });
});

describe("what is in work at once", () => {
  it("is bounded for a key, and given back when its caller leaves", async () => {
    const bodies: Socket[] = [];
    const more = async () => (await ask("/v1/me", keys.eve)).status;
    // One whose head comes while the question has its place is refused: so another takes the place.
    const beside = async () => {
      bodies.push(await unfinished(keys.eve));
      return await more();
    };
    await expect.poll(beside).toBe(429);
    expect((await ask("/v1/me", keys.bob)).status).toBe(200);
    for (const body of bodies) body.destroy();
    await expect.poll(more).toBe(200);
  });

  it("is nothing for a body that comes without a key: it is refused at its head", async () => {
    const body = await unfinished(null);
    const [answer] = await once(body, "data");
    expect(String(answer)).toMatch(/^HTTP\/1\.1 (401|429) /);
    body.destroy();
  });

  it("gives the bytes of a body back with its answer", async () => {
    const json = { nonsense: "x".repeat(2_000) };
    for (let at = 0; at < 3; at++) expect((await server.call("/v1/tasks", { key: keys.zoe, json })).status).toBe(400);
  });

  it("is bounded for all keys of a tenant together", async () => {
    const left = new AbortController();
    const claim = (key: string, wait_ms: number, signal = new AbortController().signal) =>
      server.call("/v1/work/claim", { key, json: { worker: "w", queue: "never", wait_ms }, signal });
    const held: Promise<unknown>[] = [];
    // As above: one that comes while the other has the place is refused.
    const beside = async () => {
      held.push(claim(keys.zoe, 60_000, left.signal).catch(() => null));
      return (await claim(keys.zac, 1)).text();
    };
    // By its words: a key that asks again and again has no requests of its minute left either.
    await expect.poll(beside).toContain("of your tenant are in work");
    left.abort();
    await Promise.all(held);
    await expect.poll(async () => (await claim(keys.zac, 1)).status).toBe(200);
  });

  it("has a share of streams and held answers for itself", async () => {
    const task = await server.call("/v1/tasks", { key: keys.finn, json: { kind: "external", input: { queue: "q" } } });
    const { id } = z.object({ id: z.string() }).parse(await task.json());
    const left = new AbortController();
    const stream = () =>
      server.call(`/v1/tasks/${id}/events`, {
        key: keys.finn,
        headers: { accept: "text/event-stream" },
        signal: left.signal,
      });
    const open = [await stream(), await stream()];
    expect(open.map(({ status, headers }) => [status, headers.has("ratelimit")])).toEqual([
      [200, true],
      [200, true],
    ]);
    expect((await stream()).status).toBe(429);
    expect((await ask(`/v1/tasks/${id}?wait=1`, keys.finn)).status).toBe(429);
    expect((await ask(`/v1/tasks/${id}`, keys.finn)).status).toBe(200);
    left.abort();
    await expect.poll(async () => (await ask(`/v1/tasks/${id}?wait=0`, keys.finn)).status).toBe(200);
  });

  it("holds a HEAD that waits as it holds a GET, in the same share", async () => {
    const json = { kind: "external", input: { queue: "q" } };
    const task = await server.call("/v1/tasks", { key: keys.finn, json });
    const { id } = z.object({ id: z.string() }).parse(await task.json());
    const left = new AbortController();
    const wait = (method: "GET" | "HEAD", seconds: number) =>
      server.call(`/v1/tasks/${id}?wait=${seconds}`, { method, key: keys.finn, signal: left.signal });
    const held = [wait("HEAD", 60), wait("HEAD", 60)].map((each) => each.catch(() => null));
    await expect.poll(async () => (await wait("GET", 0)).status).toBe(429);
    expect((await wait("HEAD", 0)).status).toBe(429);
    left.abort();
    expect(await Promise.all(held)).toEqual([null, null]);
    await expect.poll(async () => (await ask(`/v1/tasks/${id}?wait=0`, keys.finn)).status).toBe(200);
  });
});

it("streams open in turn, one a second where a minute has 60, and those that would wait for long are refused", async () => {
  const json = { kind: "external", input: { queue: "opened" } };
  const made = await server.call("/v1/tasks", { key: keys.ivy, json });
  const { id } = z.object({ id: z.string() }).parse(await made.json());
  const leaving = new AbortController();
  const heard: unknown[] = [];
  const opened = Array.from({ length: 20 }, async () => {
    const headers = { accept: "text/event-stream" };
    const answer = await server.call(`/v1/tasks/${id}/events`, { key: keys.ivy, signal: leaving.signal, headers });
    const { status } = answer;
    heard.push(status === 200 ? status : [status, answer.headers.get("retry-after"), await answer.text()]);
  });
  const settled = opened.map((each) => each.catch(() => {}));
  await expect.poll(() => heard.length).toBeGreaterThan(7);
  const words = expect.stringContaining("keep those that are open, and try again in a moment");
  const refused = heard.filter((each) => each !== 200);
  expect(refused.length).toBeGreaterThan(4);
  for (const answer of refused) expect(answer).toEqual([429, "1", words]);
  expect(heard).toContain(200);
  leaving.abort();
  // Those that have left take no place of the others' any more.
  await expect.poll(async () => (await ask("/metrics", keys.ivy)).body).toMatch(/^waybill_streams_open [01]$/m);
  await Promise.all(settled);
});

it("a stream that may not open takes no turn of its tenant's, and says how long to wait", async () => {
  const json = { kind: "external", input: { queue: "opened" } };
  const made = await server.call("/v1/tasks", { key: keys.lou, json });
  const { id } = z.object({ id: z.string() }).parse(await made.json());
  const leaving = new AbortController();
  const open = (key: string) =>
    server.call(`/v1/tasks/${id}/events`, { key, signal: leaving.signal, headers: { accept: "text/event-stream" } });
  const refused: number[] = [];
  const opened = Array.from({ length: 200 }, async () => {
    const { status, headers } = await open(keys.lea);
    if (status === 429) refused.push(Number(headers.get("retry-after")));
  });
  // It has one at once and one each ten seconds, of which it waits for the next.
  const settled = Promise.allSettled(opened);
  await expect.poll(() => refused.length).toBe(198);
  for (const seconds of refused) expect([seconds > 1, seconds <= 10]).toEqual([true, true]);
  expect((await open(keys.lou)).status).toBe(200);
  leaving.abort();
  await settled;
});

it("open tasks are as many through every API, and in a batch: there is no way round, and what fits is taken", async () => {
  const task = { kind: "external", input: { queue: "held" } };
  const batch = await server.call("/v1/tasks:batch", { key: keys.ned, json: { tasks: Array(5).fill(task) } });
  const { data } = z.object({ data: z.array(z.looseObject({ status: z.int() })) }).parse(await batch.json());
  expect([batch.status, data.map(({ status }) => status)]).toEqual([200, [202, 202, 202, 429, 429]]);
  const message = { messageId: "m", role: "ROLE_USER", parts: [{ text: "2 + 2" }] };
  for (const [path, json] of [
    ["/v1/tasks", task],
    ["/shannon/api/v1/tasks", { query: "2 + 2" }],
    ["/orchestrate/v1/orchestrate/runs", { message: { role: "user", content: "2 + 2" } }],
    ["/a2a/message:send", { message }],
  ] as const) {
    const answer = await server.call(path, { key: keys.ned, json });
    expect([path, answer.status, answer.headers.get("retry-after")]).toEqual([path, 429, "10"]);
  }
});

it("a search is given back with its answer", async () => {
  for (let at = 0; at < 3; at++) expect((await ask("/v1/tasks?q=report", keys.gil)).status).toBe(200);
});

it("open tasks of a tenant are as many as it may have, and no other tenant's submit is refused", async () => {
  const submit = async (key: string) =>
    (await server.call("/v1/tasks", { key, json: { kind: "external", input: { queue: "few" } } })).status;
  const statuses = await Promise.all(Array.from({ length: 10 }, () => submit(keys.zoe)));
  expect(statuses.toSorted()).toEqual([202, 202, ...Array(8).fill(429)]);
  expect(await submit(keys.gil)).toBe(202);
  expect((await ask("/v1/share", keys.zoe)).body).toMatchObject({
    user: { open_tasks: { held: 2, most: 2_000_000 }, stored_bytes: { held: expect.any(Number) } },
    tenant: { open_tasks: { held: 2, most: 2 } },
  });
});

it("a body counts as far as it is held in memory, whatever it is and whichever API reads it, until it is answered", async () => {
  const long = "x".repeat(4_000);
  const form = new FormData();
  form.append("field", long);
  const text = { "content-type": "text/plain" };
  const fields = { "content-type": "application/x-www-form-urlencoded" };
  for (const [path, body, headers] of [
    ["/v1/tasks", JSON.stringify({ long }), { "content-type": "application/json" }],
    ["/orchestrate/v1/orchestrate/runs", long, text],
    ["/orchestrate/v1/orchestrate/knowledge-bases/documents", long, fields],
    ["/orchestrate/v1/orchestrate/knowledge-bases/documents", form, {}],
    ["/shannon/api/v1/tasks/task_00000000000000000000000000/pause", JSON.stringify({ long }), {}],
    ["/documents/v1/files", form, {}],
    ["/v1/files", form, {}],
    ["/bpm/api/4.0/tasks/task_00000000000000000000000000/payload", long, text],
  ] as const) {
    const answer = await server.call(path, {
      key: keys.zac,
      method: path.endsWith("payload") ? "PUT" : "POST",
      body,
      headers,
    });
    expect([path, answer.status]).toEqual([path, 429]);
    expect(await answer.text()).toMatch(/Too many large requests/);
  }
  const small = await server.call("/v1/tasks", { key: keys.zac, json: { kind: "nothing" } });
  expect(small.status).not.toBe(429);
});

it("a file counts for no body in memory, as its bytes go to the disk as they come", async () => {
  const headers = { "content-type": "application/octet-stream" };
  const long = { key: keys.kim, method: "POST", body: "x".repeat(40_000), headers };
  expect((await server.call("/v1/files?filename=a.bin", long)).status).toBe(202);
  const id = "task_00000000000000000000000000";
  expect((await server.call(`/v1/tasks/${id}/attachments?name=a.bin`, long)).status).toBe(404);
});

it("whoever has as much stored as it may keeps nothing more, through whichever API, and is told in its words", async () => {
  const small = await server.call("/v1/tasks", { key: keys.max, json: { kind: "external", input: { queue: "full" } } });
  const { id: attached } = z.object({ id: z.string() }).parse(await small.json());
  const attachments = `/v1/tasks/${attached}/attachments`;
  const note = { key: keys.max, method: "POST", body: "a note", headers: { "content-type": "text/plain" } };
  expect((await server.call(`${attachments}?name=note.txt`, note)).status).toBe(201);
  const stage = { assignees: [{ type: "user", id: "max" }] };
  const looks = { kind: "human", input: { title: "Look", stages: [stage, stage, stage] } };
  const { id: asking } = z
    .object({ id: z.string() })
    .parse(await (await server.call("/v1/tasks", { key: keys.max, json: looks })).json());
  const made = await server.call("/v1/conversations", {
    key: keys.max,
    json: { context: { of: "before", numbers: [1] } },
  });
  const { id: talk } = z.object({ id: z.string() }).parse(await made.json());
  const text = { key: keys.max, method: "POST", body: "hello", headers: { "content-type": "text/plain" } };
  const named = z.object({ id: z.string() });
  const { id: file } = named.parse(await (await server.call("/v1/files?filename=kept.txt", text)).json());
  const kept = await server.call("/documents/v1/vector_stores", {
    key: keys.max,
    json: { name: "kept", metadata: { kept: "text" }, file_ids: [file] },
  });
  const { id: store } = named.parse(await kept.json());
  const notes = { notes: ["some", "words"], read_progress: 0.5 };
  expect((await server.call(`/documents/v1/files/${file}/content`, { key: keys.max, json: notes })).status).toBe(200);
  const big = { kind: "external", input: { queue: "full", payload: "x".repeat(60_000) } };
  const first = await server.call("/v1/tasks", { key: keys.max, json: big });
  expect(first.status).toBe(202);
  const { id } = z.object({ id: z.string() }).parse(await first.json());
  const said = /50000 bytes stored/;
  for (const [path, json] of [
    ["/v1/tasks", { kind: "external", input: { queue: "full" } }],
    ["/shannon/api/v1/tasks", { query: "2 + 2" }],
    ["/orchestrate/v1/orchestrate/runs", { message: { role: "user", content: "2 + 2" } }],
    ["/a2a/message:send", { message: { messageId: "m", role: "ROLE_USER", parts: [{ text: "2 + 2" }] } }],
    ["/v1/vector-stores", { name: "more" }],
    ["/v1/conversations", {}],
  ] as const) {
    const answer = await server.call(path, { key: keys.max, json });
    expect([path, answer.status, answer.headers.has("retry-after")]).toEqual([path, 429, false]);
    if (!path.startsWith("/shannon")) expect(await answer.text()).toMatch(said);
  }
  const edit = (json: object) => server.call(`/v1/conversations/${talk}`, { key: keys.max, method: "PATCH", json });
  const longer = [
    { of: "before", and: "more", numbers: [1] },
    { of: "before", numbers: [0.125] },
  ];
  const edits = [...longer.map((context) => ({ context })), { context: {} }, { title: "Full" }];
  const edited: number[] = [];
  for (const each of edits) edited.push((await edit(each)).status);
  expect(edited).toEqual([429, 429, 200, 200]);
  for (const [path, json, status] of [
    [`/documents/v1/files/${file}/content`, { notes: ["some", "more", "words"] }, 429],
    [`/documents/v1/files/${file}/content`, { read_progress: 0.75 }, 200],
    [`/documents/v1/files/${file}/content`, { notes: ["words"] }, 200],
    [`/documents/v1/vector_stores/${store}/files/${file}`, { attributes: { more: "text" } }, 429],
    [`/documents/v1/vector_stores/${store}`, { metadata: { kept: "more text" } }, 429],
    [`/documents/v1/vector_stores/${store}`, { metadata: { kept: "less" } }, 200],
    [`/documents/v1/vector_stores/${store}`, { name: "full" }, 200],
  ] as const)
    expect([path, (await server.call(path, { key: keys.max, json })).status]).toEqual([path, status]);
  const form = new FormData();
  form.append("file", new Blob(["hello"]), "a.txt");
  expect((await server.call("/v1/files", { key: keys.max, method: "POST", body: form })).status).toBe(429);
  const steer = async (act: string, json: object = {}, of = id) =>
    (await server.call(`/v1/tasks/${of}/${act}`, { key: keys.max, json })).status;
  expect([await steer("pause"), await steer("comments", { text: "still here" })]).toEqual([429, 429]);
  const outcome = "approve";
  expect(await steer("acts", { act: "claim" }, asking)).toBe(429);
  expect(await steer("acts", { act: "decide", outcome }, asking), "each question is answered once").toBe(200);
  expect(await steer("input", { value: { outcome } }, asking)).toBe(200);
  expect([200, 202]).toContain(await steer("cancel"));
  expect((await server.call(`${attachments}/note.txt`, { key: keys.max, method: "DELETE" })).status).toBe(204);
  const held = z.object({ user: z.object({ stored_bytes: z.object({ held: z.number() }) }) });
  expect(held.parse((await ask("/v1/share", keys.max)).body).user.stored_bytes.held).toBeGreaterThan(60_000);
});
