/** A server over data of which some cannot be read, and callers who send what no text should hold. */
import { mkdtemp, rm } from "node:fs/promises";
import { Agent, get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, it, vi } from "vitest";
import { z } from "zod";
import { LENSES } from "../src/lenses/index.ts";
import { openapiDocument } from "../src/lenses/openapi.ts";
import { openDatabase } from "../src/store/sqlite/database.ts";
import { DATABASE_FILE } from "../src/store/sqlite/folder.ts";
import { defineHandler } from "../src/task/handler.ts";
import { runWaybill } from "./command.ts";
import { damageLeafOf, damagePageOf } from "./lose-text.ts";
import { startTestServer, type TestServer } from "./server.ts";

const naps = defineHandler({
  kind: "naps",
  input: z.strictObject({}),
  run: async (ctx) => {
    await ctx.sleep("nap", 86_400_000);
    return null;
  },
});
/** Waits for a child. */
const minds = defineHandler({
  kind: "minds",
  input: z.strictObject({ kind: z.string() }),
  run: (ctx, { kind }) => ctx.child("only", kind, {}),
});
/** In flight at every restart. */
const works = defineHandler({ kind: "works", input: z.strictObject({}), run: () => new Promise<null>(() => {}) });
/** Has a slot until the story opens it. */
let gate = Promise.withResolvers<void>();
const gates = defineHandler({ kind: "gates", input: z.strictObject({}), run: () => gate.promise.then(() => null) });
const RUNNING = 2;

let data: string;
let server: TestServer;
const start = async (limits = {}) => {
  server = await startTestServer({ data, config: { handlers: [naps, works, minds, gates], graceMs: 0, limits } });
};

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "waybill-damaged-"));
  await start();
});
afterEach(async () => {
  await server.stop();
  await rm(data, { recursive: true, force: true });
});

const wireTask = z.looseObject({ id: z.string(), state: z.string() });
const wireList = z.looseObject({ data: z.array(wireTask) });

async function submit(kind: string): Promise<string> {
  return wireTask.parse(await (await server.call("/v1/tasks", { json: { kind, input: {} } })).json()).id;
}

async function listed(): Promise<string[]> {
  const answer = await server.call("/v1/tasks");
  expect(answer.status).toBe(200);
  return wireList.parse(await answer.json()).data.map(({ id }) => id);
}

function damage(sql: string, ...values: unknown[]): void {
  const db = openDatabase(join(data, DATABASE_FILE));
  db.pragma("foreign_keys = 0");
  db.pragma("ignore_check_constraints = 1");
  expect(db.prepare<unknown[]>(sql).run(...values).changes).toBeGreaterThan(0);
  db.close();
}

/** What may have become of the row of a task, or of what hangs on it. */
const DAMAGES: Readonly<Record<string, string>> = {
  "a record that is no JSON": "UPDATE tasks SET record = '{' WHERE id = ?",
  "a record of another shape": `UPDATE tasks SET record = '{"waits":[{"on":"moon"}]}' WHERE id = ?`,
  "no submission": "DELETE FROM submissions WHERE task = (SELECT n FROM tasks WHERE id = ?)",
  "a journal that is no JSON": `INSERT INTO journal (task, branch, position, name, occurrence, kind, state, tries, at, result)
     SELECT n, '', 0, 'nap', 0, 'sleep', 'waiting', 1, 1, '{' FROM tasks WHERE id = ? ON CONFLICT DO UPDATE SET result = '{'`,
};

const KINDS = ["naps", "works"] as const;
/** Every kind of task with every kind of damage: they stand in one database, and one server starts on it. */
const CASES = KINDS.flatMap((kind) => Object.entries(DAMAGES).map(([what, sql]) => ({ kind, what, sql })));

it("tasks that cannot be read keep no others from a start, nor from being listed, until doctor sets them aside", async () => {
  const ill: { id: string; name: string }[] = [];
  for (const { kind, what } of CASES) ill.push({ id: await submit(kind), name: `a task that ${kind} with ${what}` });
  const well = [await submit("works"), await submit("naps")];
  await server.stop();
  for (const [at, { sql }] of CASES.entries()) damage(sql, ill[at]?.id);
  await start();
  expect(await listed()).toEqual(expect.arrayContaining(well));
  for (const id of well) expect((await server.call(`/v1/tasks/${id}`)).status).toBe(200);
  for (const { id, name } of ill) {
    for (const path of [`/v1/tasks/${id}`, `/v1/tasks/${id}/why`, `/v1/tasks/${id}/events`, `/v1/tasks/${id}/steps`])
      expect((await server.call(path)).status, `${path} of ${name}`).toBeLessThanOrEqual(500);
  }
  const [first = ""] = well;
  const cancelled = await server.call(`/v1/tasks/${first}/cancel`, { json: {} });
  expect(await cancelled.json()).toMatchObject({ state: "cancelled" });
  await server.stop();

  const doctor = (...args: string[]) => runWaybill(["doctor", "--data", data, ...args], { NO_COLOR: "1" });
  const found = await doctor();
  for (const { id, name } of ill) expect(found.out, name).toContain(id);
  for (const id of well) expect(found.out).not.toContain(id);
  for (const { id, name } of ill)
    expect(await doctor("--set-aside", id), name).toMatchObject({
      code: 0,
      talk: expect.stringContaining("set aside"),
    });
  await start();
  expect((await listed()).sort()).toEqual(well.sort());
  for (const { id, name } of ill) expect((await server.call(`/v1/tasks/${id}`)).status, name).toBe(404);
  expect((await doctor("--put-back", ill[0]?.id ?? "")).code, "the server runs").toBe(1);
  await server.stop();
  for (const { id, name } of ill)
    expect(await doctor("--put-back", id), name).toMatchObject({ code: 0, talk: expect.stringContaining("is back") });
  await start();
});

it("a task of which a column for the start cannot be read goes on by its record", async () => {
  const id = await submit("works");
  await expect.poll(async () => (await server.call(`/v1/tasks/${id}`)).json()).toMatchObject({ attempt: 1 });
  await server.stop();
  damage("UPDATE tasks SET due_at = 9007199254740993 WHERE id = ?", id);
  await start();
  await expect
    .poll(async () => (await server.call(`/v1/tasks/${id}`)).json())
    .toMatchObject({ attempt: 1, resumed: 1 });
});

it("a child that cannot be read fails the call of its parent, which says why", async () => {
  const begun = { naps: "waiting", works: "running" };
  const cases = CASES.filter(({ what }) => what !== "a journal that is no JSON");
  const parents: { id: string; child: string; name: string }[] = [];
  for (const { kind, what } of cases) {
    const json = { kind: "minds", input: { kind } };
    const { id } = wireTask.parse(await (await server.call("/v1/tasks", { json })).json());
    const children = async () => wireList.parse(await (await server.call(`/v1/tasks?parent_id=${id}`)).json()).data;
    await expect.poll(async () => (await children()).map(({ state }) => state)).toEqual([begun[kind]]);
    const [child] = await children();
    parents.push({ id, child: child?.id ?? "", name: `a child that ${kind} with ${what}` });
  }
  await server.stop();
  for (const [at, { sql }] of cases.entries()) {
    damage(sql, parents[at]?.child);
    // Time has come for it, and whoever acts on that cannot read it.
    damage("UPDATE tasks SET due_at = 1 WHERE id = ?", parents[at]?.child);
  }
  await start();
  for (const { id, child, name } of parents) {
    await expect
      .poll(async () => await (await server.call(`/v1/tasks/${id}`)).json(), { message: name })
      .toMatchObject({ state: "failed", error: { code: "child_damaged", message: expect.stringContaining(child) } });
  }
});

const wireDocument = z.looseObject({
  paths: z.record(
    z.string(),
    z.looseObject({
      get: z
        .looseObject({ parameters: z.array(z.looseObject({ name: z.string(), in: z.string() })).optional() })
        .optional(),
    }),
  ),
});
/** As a query or a path holds them: NULs, half a character in two ways, SQL, deep JSON, what is too long or too large. */
const HOSTILE = [
  "a%00b",
  "%00",
  "%ED%A0%80",
  "%F0%9F",
  "a%22b%27%3B--",
  "%5B".repeat(200),
  "9".repeat(400),
  "NaN",
  "-1",
  "%2e%2e%2f",
];

const connections = new Agent({ keepAlive: true, maxSockets: 8 });
afterAll(() => connections.destroy());

/** Of the answer to a GET, over connections that are kept: thousands are asked. */
function statusOf(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server.url);
    get({ hostname, port, path, agent: connections }, (answer) => {
      answer.resume().on("end", () => resolve(answer.statusCode ?? 0));
    }).on("error", reject);
  });
}

it("answers every parameter of every question of every lens, whatever is in it, and lives", async () => {
  await submit("naps");
  for (const lens of LENSES) {
    const mount = lens === LENSES[0] ? "" : `/${lens.name}`;
    const document = wireDocument.parse(openapiDocument(lens, { version: "1", mount }));
    for (const [path, { get }] of Object.entries(document.paths)) {
      if (!get || path.endsWith("/stream") || path.includes("/stream/")) continue;
      for (const hostile of HOSTILE) {
        const filled = path.replaceAll(/\{\w+\}/g, hostile);
        const queries = (get.parameters ?? []).flatMap((each) =>
          each.in === "query" ? [`${each.name}=${hostile}`] : [],
        );
        const asked = ["", ...queries, queries.join("&")].map((query) => `${filled}?${query}`);
        for (const [at, status] of (await Promise.all(asked.map(statusOf))).entries())
          expect(status, asked[at]).toBeLessThan(500);
      }
    }
  }
  expect(await listed()).toHaveLength(1);
});

it("refuses half a character in a submit, so that what is kept is what was sent", async () => {
  const half = '"\\ud83d"';
  const body = `{"kind":"naps","input":{},"metadata":{"half":${half}},"conversation":{"alias":${half}}}`;
  const headers = { "content-type": "application/json" };
  const answer = await server.call("/v1/tasks", { method: "POST", body, headers });
  expect(answer.status).toBe(400);
  expect(await listed()).toEqual([]);
});

it("starts where the page is damaged that the secret of tokens and the leases lie on, and everything goes on", async () => {
  const task = await submit("naps");
  await server.stop();
  await damagePageOf(data, "facts");
  await start();
  expect(await listed()).toEqual([task]);
  expect((await server.call(`/v1/tasks/${task}/cancel`, { json: {} })).status).toBe(200);
  await server.stop();
  expect((await runWaybill(["doctor", "--data", data], { NO_COLOR: "1" })).out).toContain("sound");
  await start();
});

it("refuses in a sentence what can be kept no more, shows all else and what it refuses, and takes it again once it is started anew", async () => {
  const task = await submit("naps");
  await damagePageOf(data, "events");
  for (let times = 0; times < 2; times++) {
    const refused = await server.call("/v1/tasks", { json: { kind: "naps", input: {} } });
    expect([refused.status, await refused.text()]).toEqual([503, expect.stringContaining("started anew")]);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  }
  const health = await server.call("/health");
  expect([health.status, await health.json()]).toEqual([
    200,
    expect.objectContaining({ refuses_writes: true, damaged: ["end of the table events"] }),
  ]);
  expect(await listed()).toEqual([task]);
  await server.stop();
  await start();
  const other = await submit("naps");
  expect(await listed()).toEqual([other, task]);
  expect(await (await server.call("/health")).json()).not.toHaveProperty("refuses_writes");
  await server.stop();
  const { out } = await runWaybill(["doctor", "--data", data], { NO_COLOR: "1" });
  expect(out).toContain("sound");
  expect(out).toContain("before-restore-");
  await start();
});

it("refuses in the words of each API what would add to a damaged table that no task needs, and goes on with tasks", async () => {
  for (const table of ["documents", "vector_stores", "agents", "subscriptions"]) await damagePageOf(data, table);
  const form = new FormData();
  form.append("file", new File(["It rains."], "a.txt", { type: "text/plain" }));
  const added = {
    "native, a file": server.call("/v1/files", { method: "POST", body: form }),
    "native, an agent": server.call("/v1/agents", { json: { slug: "weather", name: "Weather" } }),
    "documents, a vector store": server.call("/documents/v1/vector_stores", { json: { id: "vs_1", name: "Reports" } }),
    "orchestrate, an agent": server.call("/orchestrate/v1/orchestrate/agents", {
      json: { name: "weather", description: "It knows the weather." },
    }),
  };
  for (const [what, adding] of Object.entries(added)) {
    const refused = await adding;
    expect([refused.status, await refused.text()], what).toEqual([503, expect.stringContaining("started anew")]);
  }
  const task = await submit("naps");
  expect(await listed()).toEqual([task]);
  expect(await (await server.call("/health")).json()).toHaveProperty("refuses_writes", true);
  await server.stop();
  await start();
  expect((await server.call("/v1/agents", { json: { slug: "weather", name: "Weather" } })).status).toBe(201);
  expect(await listed()).toEqual([task]);
});

it.each(["tasks", "events"])(
  "more open tasks on a damaged page of %s than there are slots stand still with the reason, and all others go on",
  async (table) => {
    await server.stop();
    await start({ running: RUNNING, runningReserve: 0 });
    gate = Promise.withResolvers<void>();
    const tasks = await Promise.all(Array.from({ length: 240 }, () => submit("gates")));
    await damageLeafOf(data, table, 0.2);
    gate.resolve();
    tasks.push(await submit("gates"));
    const stateOf = async (id: string) => {
      const answer = await server.call(`/v1/tasks/${id}`);
      return answer.ok ? wireTask.parse(await answer.json()).state : "unreadable";
    };
    const isHeld = async (id: string) =>
      (await (await server.call(`/v1/tasks/${id}/why`)).text()).includes("This server does not go on with it: ");
    const held: string[] = [];
    let unreadable = 0;
    for (const id of tasks) {
      await vi.waitFor(async () => {
        const state = await stateOf(id);
        if (state === "completed") return;
        if (state === "unreadable") unreadable += 1;
        else if (await isHeld(id)) held.push(id);
        else expect(state, "has come to rest").toBe("completed");
      }, WAIT);
    }
    expect(held.length).toBeGreaterThan(RUNNING);
    expect(held.length + unreadable).toBeLessThan(tasks.length / 2);
    expect(await (await server.call("/health")).json()).not.toHaveProperty("refuses_writes");
    await server.stop();
    await start();
    for (const id of held) await vi.waitFor(async () => expect(await stateOf(id)).toBe("completed"), WAIT);
  },
);

const WAIT = { timeout: 60_000, interval: 10 };
