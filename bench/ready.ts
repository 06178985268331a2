/**
 * How soon a server over many open tasks is ready, runs what it is handed, and has them all in memory; what they take
 * there, and what the slowest of the reads meanwhile takes. Each round begins with the same rows, after a kill.
 *
 *   node bench/ready.ts [--from FOLDER | --tasks N [--asleep | --asking | --unclaimed]] [rounds]
 *
 * FOLDER is what `bench/million.ts` has made, which makes it once for many runs.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { z } from "zod";
import { DATABASE_FILE } from "../server/src/store/sqlite/folder.ts";
import { conditions, median, quantile } from "./conditions.ts";
import { cpuOf, idle, memoryOf } from "./load/cpu.ts";
import { loadTasks } from "./million.ts";
import { freePort, makeKey, Server } from "./server.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    from: { type: "string" },
    tasks: { type: "string" },
    asleep: { type: "boolean", default: false },
    asking: { type: "boolean", default: false },
    unclaimed: { type: "boolean", default: false },
  },
});
const rounds = Number(positionals[0] ?? 3);
const CONFIG = fileURLToPath(new URL("noop.config.ts", import.meta.url));
const READY_MS_MAX = 1_000;
/** Agents among the open tasks speak for many minutes: what they take is no part of a start. */
const SETTLED_MS_MAX = 10_000;
const MB = 2 ** 20;
const health = z.object({ recovering: z.boolean().optional() });

const root = mkdtempSync(path.join(tmpdir(), "waybill-bench-"));
try {
  const filled = values.from ?? path.join(root, "filled");
  if (values.from === undefined) loadTasks(filled, Number(values.tasks ?? 1_050_000), values);
  const { key, data: keyed } = withKey(filled);
  const megabytes = statSync(path.join(filled, DATABASE_FILE)).size / MB;
  const found: Start[] = [];
  const empties: Start[] = [];
  for (let round = 0; round < rounds; round++) {
    empties.push(await empty());
    const data = path.join(root, "round");
    cpSync(keyed, data, { recursive: true });
    found.push(await start(data, key));
    rmSync(data, { recursive: true });
  }
  const midOf = (starts: Start[], of: (one: Start) => number) => median(starts.map(of)).toFixed(0);
  const mid = (of: (one: Start) => number) => midOf(found, of);
  console.log(
    `a database of ${megabytes.toFixed(0)} MB, ${rounds} starts in turn with as many of an empty server, medians:`,
  );
  console.log(
    `  ready in ${mid((one) => one.readyMs)} ms (${READY_MS_MAX} are wanted), an empty server in ${midOf(empties, (one) => one.readyMs)}`,
  );
  console.log(
    `  the first task that it is handed has ended after ${mid((one) => one.ranMs)} ms, all are in memory after ${mid((one) => one.allMs)}`,
  );
  console.log(
    `  processor until then: main ${mid((one) => one.mainMs)} ms, others ${mid((one) => one.othersMs)}; ${mid((one) => one.megabytes)} MB of memory, an empty server ${midOf(empties, (one) => one.megabytes)}`,
  );
  console.log(`  reads meanwhile: p99 ${mid((one) => one.p99Ms)} ms, longest ${mid((one) => one.longestMs)}`);
  console.log(`  ${conditions()}, load of the machine ${loadavg()[0]?.toFixed(1)}`);
  if (median(found.map(({ readyMs }) => readyMs)) > READY_MS_MAX) process.exitCode = 1;
} finally {
  rmSync(root, { recursive: true, force: true });
}

/** The rows again, with a key of a tenant that has no tasks, so that what it hands in stands behind nobody's. */
function withKey(filled: string): { key: string; data: string } {
  const data = path.join(root, "keyed");
  mkdirSync(data);
  cpSync(path.join(filled, DATABASE_FILE), path.join(data, DATABASE_FILE));
  return { key: makeKey(data, "other"), data };
}

type Start = Awaited<ReturnType<typeof start>>;

async function start(data: string, key: string) {
  const server = new Server(data, await freePort(), { mode: "serve", flags: ["--config", CONFIG] });
  try {
    const readyMs = await server.ready();
    const since = () => performance.now() - server.startedAt;
    const ran = fetch(`${server.url}/v1/tasks?wait=60`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
      body: JSON.stringify({ kind: "noop", input: {} }),
    }).then(async (answer) => {
      if (!(await answer.text()).includes('"completed"')) throw new Error("The first task did not end well.");
      return since();
    });
    const waits: number[] = [];
    for (let goesOn = true; goesOn; ) {
      const from = performance.now();
      const answer = await fetch(`${server.url}/health`);
      goesOn = health.parse(await answer.json()).recovering ?? false;
      waits.push(performance.now() - from);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const allMs = since();
    const cpu = cpuOf(server.pid) ?? { main: 0, others: 0 };
    await idle(server.pid, SETTLED_MS_MAX);
    const megabytes = (memoryOf(server.pid) ?? 0) / MB;
    const reads = { p99Ms: quantile(waits, 0.99), longestMs: quantile(waits, 1) };
    return { readyMs, ranMs: await ran, allMs, mainMs: cpu.main, othersMs: cpu.others, megabytes, ...reads };
  } finally {
    await server.end("SIGKILL");
  }
}

/** Also handed a task, as what it has loaded for that is no memory of those that wait. */
async function empty(): Promise<Start> {
  const data = path.join(root, "empty");
  mkdirSync(data);
  const started = await start(data, makeKey(data, "other"));
  rmSync(data, { recursive: true });
  return started;
}
