/** A server over data of which some cannot be read, and callers who send what no text should hold. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { LENSES } from "../src/lenses/index.ts";
import { openapiDocument } from "../src/lenses/openapi.ts";
import { openDatabase } from "../src/store/sqlite/database.ts";
import { DATABASE_FILE } from "../src/store/sqlite/folder.ts";
import { defineHandler } from "../src/task/handler.ts";
import { runWaybill } from "./command.ts";
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

let data: string;
let server: TestServer;
const start = async () => {
  server = await startTestServer({ data, config: { handlers: [naps, works, minds], graceMs: 0 } });
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
  "a journal that is no JSON":
    "INSERT INTO journal SELECT n, '', 0, 'nap', 0, 'sleep', 'waiting', 1, 1, NULL, '{', NULL, NULL FROM tasks WHERE id = ? ON CONFLICT DO UPDATE SET result = '{'",
};

describe.each(["naps", "works"])("a task that %s", (kind) => {
  it.each(Object.entries(DAMAGES))(
    "with %s does not keep the others from a start, nor from being listed",
    async (_, sql) => {
      const ill = await submit(kind);
      const well = await submit(kind);
      await server.stop();
      damage(sql, ill);
      await start();
      expect(await listed()).toContain(well);
      expect((await server.call(`/v1/tasks/${well}`)).status).toBe(200);
      for (const path of [
        `/v1/tasks/${ill}`,
        `/v1/tasks/${ill}/why`,
        `/v1/tasks/${ill}/events`,
        `/v1/tasks/${ill}/steps`,
      ])
        expect((await server.call(path)).status, path).toBeLessThanOrEqual(500);
      expect(await (await server.call(`/v1/tasks/${well}/cancel`, { json: {} })).json()).toMatchObject({
        state: "cancelled",
      });
      await server.stop();

      const found = await runWaybill(["doctor", "--data", data], { NO_COLOR: "1" });
      expect(found.out).toContain(ill);
      expect(found.out).not.toContain(well);
      const aside = await runWaybill(["doctor", "--data", data, "--set-aside", ill], { NO_COLOR: "1" });
      expect(aside).toMatchObject({ code: 0, talk: expect.stringContaining("set aside") });
      await start();
      expect(await listed()).toEqual([well]);
      expect((await server.call(`/v1/tasks/${ill}`)).status).toBe(404);
      expect((await runWaybill(["doctor", "--data", data, "--put-back", ill], {})).code, "the server runs").toBe(1);
      await server.stop();
      const back = await runWaybill(["doctor", "--data", data, "--put-back", ill], { NO_COLOR: "1" });
      expect(back).toMatchObject({ code: 0, talk: expect.stringContaining("is back") });
      await start();
    },
  );
});

it("a task of which a column for the start cannot be read goes on by its record", async () => {
  const id = await submit("works");
  await expect.poll(async () => (await server.call(`/v1/tasks/${id}`)).json()).toMatchObject({ attempt: 1 });
  await server.stop();
  damage("UPDATE tasks SET due_at = 9007199254740993 WHERE id = ?", id);
  await start();
  await expect.poll(async () => (await server.call(`/v1/tasks/${id}`)).json()).toMatchObject({ attempt: 2 });
});

describe.each(["naps", "works"])("a child that %s", (kind) => {
  const { "a journal that is no JSON": _, ...unreadable } = DAMAGES;
  it.each(Object.entries(unreadable))("with %s fails the call of its parent, which says why", async (_, sql) => {
    const input = { kind };
    const parent = wireTask.parse(await (await server.call("/v1/tasks", { json: { kind: "minds", input } })).json()).id;
    const children = async () => wireList.parse(await (await server.call(`/v1/tasks?parent_id=${parent}`)).json()).data;
    const begun = kind === "naps" ? "waiting" : "running";
    await expect.poll(async () => (await children()).map(({ state }) => state)).toEqual([begun]);
    const [child] = await children();
    await server.stop();
    damage(sql, child?.id);
    // Time has come for it, and whoever acts on that cannot read it.
    damage("UPDATE tasks SET due_at = 1 WHERE id = ?", child?.id);
    await start();
    const read = async () => await (await server.call(`/v1/tasks/${parent}`)).json();
    await expect.poll(read).toMatchObject({
      state: "failed",
      error: { code: "child_damaged", message: expect.stringContaining(child?.id ?? "") },
    });
  });
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
        for (const query of ["", ...queries, queries.join("&")]) {
          const answer = await server.call(`${filled}?${query}`, { signal: AbortSignal.timeout(20_000) });
          await answer.body?.cancel();
          expect(answer.status, `${filled}?${query}`).toBeLessThan(500);
        }
      }
    }
  }
  expect(await listed()).toHaveLength(1);
});

it("takes half a character in a submit, an answer and a message for one that is missing", async () => {
  const half = '"\\ud83d"';
  const body = `{"kind":"naps","input":{},"metadata":{"half":${half}},"conversation":{"alias":${half}}}`;
  const headers = { "content-type": "application/json" };
  const answer = await server.call("/v1/tasks", { method: "POST", body, headers });
  expect(answer.status).toBeLessThan(300);
  expect(await answer.json()).toMatchObject({ metadata: { half: "\ufffd" } });
  await server.stop();
  await start();
  expect(await listed()).toHaveLength(1);
});
