/**
 * What 100,000 waiting tasks take in memory: those that sleep, those that have asked somebody, those that nobody has claimed,
 * parents with the children that they wait for, which sleep; and how soon a server with them, or with a database of 1 GB, answers.
 *
 *   node bench/waiting.ts [tasks] [megabytes]
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { DATABASE_FILE } from "../server/src/store/sqlite/folder.ts";
import { conditions, median } from "./conditions.ts";
import { idle, memoryOf } from "./load/cpu.ts";
import { Rig } from "./load/rig.ts";
import { loadTasks } from "./million.ts";
import { freePort, Server } from "./server.ts";

const tasks = Number(process.argv[2] ?? 100_000);
const megabytes = Number(process.argv[3] ?? 1_024);
const MEMORY_MB_MAX = 80;
const WAYS = [
  { kind: "nap", state: "waiting" },
  { kind: "question", state: "input_required" },
  { kind: "claimable", state: "queued" },
  { kind: "parent", state: "waiting" },
] as const;
const READY_MS_MAX = 1_000;
const STARTS = 5;
const SECONDS_A_ROUND = 4;
const MB = 2 ** 20;
const CONFIG = fileURLToPath(new URL("noop.config.ts", import.meta.url));
const listed = z.object({ total: z.number() });

for (const way of WAYS) await waitingTasks(way);
await largeDatabase();

async function waitingTasks({ kind, state }: (typeof WAYS)[number]): Promise<void> {
  const rig = await Rig.start({ flags: ["--config", CONFIG] });
  try {
    const before = memory(rig.server);
    const body = JSON.stringify({ kind, input: {} });
    const requests = [{ method: "POST", path: "/v1/tasks", headers: rig.jsonHeaders, body }];
    for (let made = 0; made < tasks; ) {
      made += (await rig.load({ url: rig.server.url, connections: 64, seconds: SECONDS_A_ROUND, requests })).requests;
    }
    const count = await atRest(rig, state);
    await idle(rig.server.pid);
    const after = memory(rig.server);
    const { ms } = await rig.server.end("SIGTERM");
    const port = await freePort();
    const again = new Server(rig.data, port, { mode: "serve", flags: ["--config", CONFIG] });
    const readyMs = await again.ready();
    await idle(again.pid);
    const fresh = memory(again);
    await again.end("SIGTERM");
    const share = (bytes: number) => `${(((bytes / count) * tasks) / MB).toFixed(0)} MB`;
    console.log(
      `${count.toLocaleString("en")} tasks of kind ${kind} in ${state}, as shares of ${tasks.toLocaleString("en")}: ${share(after - before)} more memory after their submits`,
    );
    console.log(
      `  after a restart ${share(fresh - before)} more than an empty server (${(before / MB).toFixed(0)} MB); ready in ${readyMs.toFixed(0)} ms, stopped in ${ms.toFixed(0)} ms (${MEMORY_MB_MAX} MB is wanted)`,
    );
    if (((fresh - before) / count) * tasks > MEMORY_MB_MAX * MB) process.exitCode = 1;
  } finally {
    await rig.end();
  }
}

async function atRest(rig: Rig, state: string): Promise<number> {
  for (;;) {
    const busy = state === "queued" ? "running" : "queued,running";
    const open = listed.parse(JSON.parse(await rig.call(`/v1/tasks?limit=1&state=${busy}`))).total;
    if (open === 0) return listed.parse(JSON.parse(await rig.call(`/v1/tasks?limit=1&state=${state}`))).total;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function largeDatabase(): Promise<void> {
  const data = mkdtempSync(path.join(tmpdir(), "waybill-bench-"));
  try {
    const perTask = (50_000 * MB) / sizeOf(data, 50_000);
    rmSync(data, { recursive: true });
    const size = sizeOf(data, Math.ceil(perTask * megabytes));
    const times: number[] = [];
    for (let start = 0; start < STARTS; start++) {
      const server = new Server(data, await freePort(), {});
      times.push(await server.ready());
      await server.end(start % 2 === 0 ? "SIGKILL" : "SIGTERM");
    }
    console.log(
      `ready on a database of ${(size / MB).toFixed(0)} MB: ${median(times).toFixed(0)} ms from the start of the process, its module loading included (${READY_MS_MAX} ms is wanted); ${conditions()}`,
    );
    if (median(times) > READY_MS_MAX) process.exitCode = 1;
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

function sizeOf(data: string, count: number): number {
  loadTasks(data, count);
  return statSync(path.join(data, DATABASE_FILE)).size;
}

function memory(server: Server): number {
  const bytes = memoryOf(server.pid);
  if (bytes === null) throw new Error("This script reads memory from /proc.");
  return bytes;
}
