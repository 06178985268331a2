/** A real server that dies: by its own code, by signals, and what its tasks pay for it. */
import type { ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pass } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { PACKAGE, spawnWaybill } from "./command.ts";

const CONFIG = `
import { defineHandler } from ${JSON.stringify(PACKAGE)};
import { z } from "zod";
const pass = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const ends = {
  exit: () => process.exit(3),
  abort: () => process.abort(),
  fault: () => import("node:child_process").then(({ execSync }) => execSync("kill -SEGV " + process.pid)).then(() => pass(60000)),
};
export default {
  handlers: [
    defineHandler({
      kind: "bomb",
      input: z.strictObject({ how: z.enum(["exit", "abort", "fault"]), outside: z.boolean().default(false) }),
      run: async (ctx, { how, outside }) => {
        if (outside) await ends[how]();
        return ctx.step("explode", async () => { await pass(300); await ends[how](); return null; });
      },
    }),
    defineHandler({
      kind: "slow",
      input: z.strictObject({ ms: z.number() }),
      timeLimitMs: ({ ms }) => ms + 10_000,
      run: (ctx, { ms }) => ctx.step("work", async () => { await pass(ms); return "done"; }),
    }),
  ],
};
`;

const task = z.object({
  id: z.string(),
  state: z.string(),
  attempt: z.number(),
  error: z.object({ code: z.string(), step: z.string().nullable() }).nullable(),
});
type Task = z.infer<typeof task>;

let folder = "";
let server: ChildProcess;
let url = "";
let deaths = 0;
let isOver = false;

// One server for all: each of its starts takes more processor time than everything else here.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "waybill-crashes-"));
  await writeFile(
    join(folder, "waybill.config.mjs"),
    CONFIG.replace('from "zod"', `from ${JSON.stringify(import.meta.resolve("zod"))}`),
  );
  await start();
});

afterAll(async () => {
  isOver = true;
  const gone = new Promise((resolve) => server.once("exit", resolve));
  server.kill("SIGTERM");
  await gone;
  await rm(folder, { recursive: true, force: true });
});

/** Like a supervisor: whenever it dies, it is started again. */
async function start(): Promise<void> {
  const flags = ["--data", join(folder, "data"), "--port", "0", "--lens-port", "none"];
  const started = spawnWaybill(["dev", ...flags, "--config", join(folder, "waybill.config.mjs")], { cwd: folder });
  server = started;
  started.once("exit", () => {
    deaths += 1;
    url = "";
    if (!isOver) void start();
  });
  let said = "";
  started.stderr.on("data", (piece: Buffer) => {
    said += piece.toString();
    url = /Native API\s+(http:\/\/[^\s/]+)\/v1/.exec(said)?.[1] ?? url;
  });
  while (url === "") await pass(20);
}

/** Asks until some server answers, which may not be the one that has taken it. */
async function call(path: string, body?: unknown): Promise<unknown> {
  const headers = {
    "content-type": "application/json",
    ...(body !== undefined && { "idempotency-key": randomUUID() }),
  };
  for (;;) {
    try {
      const answer = await fetch(
        url + path,
        body === undefined ? {} : { method: "POST", headers, body: JSON.stringify(body) },
      );
      if (answer.status !== 503) return await answer.json();
    } catch {
      // It is down at this moment.
    }
    await pass(50);
  }
}

const submit = async (kind: string, input: unknown) => task.parse(await call("/v1/tasks", { kind, input })).id;

async function taskOnce(id: string, is: (task: Task) => boolean): Promise<Task> {
  for (;;) {
    const now = task.parse(await call(`/v1/tasks/${id}`));
    if (is(now)) return now;
    await pass(100);
  }
}

const ended = (id: string) => taskOnce(id, ({ state }) => !["queued", "running", "waiting"].includes(state));

describe("a task that crashes its process", () => {
  it.each([
    { how: "exit", outside: false, most: 1 },
    { how: "abort", outside: true, most: 1 },
    { how: "fault", outside: false, most: 2 },
  ])("fails alone, by $how, and costs the server $most deaths at most", async ({ how, outside, most }) => {
    const before = deaths;
    const slow = await submit("slow", { ms: 2_000 });
    const bomb = await submit("bomb", { how, outside });
    expect(await ended(bomb)).toMatchObject({
      state: "failed",
      error: { code: "step_crashed", step: outside ? null : "explode" },
    });
    expect(await ended(slow)).toMatchObject({ state: "completed" });
    expect(deaths - before).toBeLessThanOrEqual(most);
  });
});

describe("a storm of kills", () => {
  it("fails nobody, and lets all complete side by side once it is over", async () => {
    const STEP_MS = 4_000;
    const ids = await Promise.all(Array.from({ length: 40 }, () => submit("slow", { ms: STEP_MS })));
    const [first = ""] = ids;
    for (let kill = 1; kill <= 4; kill++) {
      const dead = new Promise((resolve) => server.once("exit", resolve));
      await taskOnce(first, ({ attempt, state }) => attempt >= kill || state === "completed");
      server.kill("SIGKILL");
      await dead;
    }
    await call("/health");
    const from = Date.now();
    const states = await Promise.all(ids.map(async (id) => (await ended(id)).state));
    expect(new Set(states)).toEqual(new Set(["completed"]));
    // One after the other they would take all of their time.
    expect(Date.now() - from).toBeLessThan((ids.length * STEP_MS) / 2);
  });
});
