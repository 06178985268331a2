/**
 * Cold reads over HTTP among a million stored tasks, beside the same of a server with few: lists of 50 by any filters, and
 * tasks that nobody has read for long. In turn, on two servers of this build, of which no task is open.
 *
 *   node bench/cold.ts [tasks] [rounds] [seconds of a run]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import path from "node:path";
import { conditions, median } from "./conditions.ts";
import { cpuOf } from "./load/cpu.ts";
import { load, type Wanted } from "./load/sockets.ts";
import { KINDS, type Loaded, loadTasks } from "./million.ts";
import { freePort, makeKey, Server } from "./server.ts";

const count = Number(process.argv[2] ?? 1_000_000);
const rounds = Number(process.argv[3] ?? 9);
const seconds = Number(process.argv[4] ?? 2);
const FEW = 20_000;
const CLIENTS = 2;
const STATES = ["completed", "failed", "rejected", "timed_out"];

type Side = {
  server: Server;
  loaded: Loaded;
  headers: Record<string, string>;
  next: number;
};
type Run = { p50Ms: number; mainUs: number; allUs: number };

const root = mkdtempSync(path.join(tmpdir(), "waybill-bench-"));
const sides: Side[] = [];
try {
  const many = await side("many", count);
  const few = await side("few", FEW);
  await compared("a list of 50 by any filters", many, few, listed);
  await compared("a task that nobody has read for long", many, few, read);
  console.log(`${conditions()}, load of the machine ${loadavg()[0]?.toFixed(1)}`);
} finally {
  for (const { server } of sides) await server.end("SIGTERM");
  rmSync(root, { recursive: true, force: true });
}

async function side(name: string, tasks: number): Promise<Side> {
  const folder = path.join(root, name);
  const loaded = loadTasks(folder, tasks, { ended: true });
  const headers = { authorization: `Bearer ${makeKey(folder)}` };
  const server = new Server(folder, await freePort(), { mode: "serve" });
  const made = { server, loaded, headers, next: 0 };
  sides.push(made);
  await server.ready();
  return made;
}

function listed({ loaded, headers }: Side): Wanted {
  const query = new URLSearchParams({ limit: "50" });
  const some = () => Math.random() < 0.5;
  if (some()) query.set("state", one(STATES));
  if (some()) query.set("kind", one(KINDS));
  if (some()) query.set("created_before", new Date(between(loaded.from, loaded.before)).toISOString());
  if (some()) query.set("conversation_id", one(loaded.conversations));
  return { method: "GET", path: `/v1/tasks?${query}`, headers };
}

function read(of: Side): Wanted {
  const { ids } = of.loaded;
  of.next = (of.next + 1) % ids.length;
  return {
    method: "GET",
    path: `/v1/tasks/${ids[of.next]}`,
    headers: of.headers,
  };
}

async function compared(what: string, many: Side, few: Side, wanted: (of: Side) => Wanted): Promise<void> {
  const runs: [Run, Run][] = [];
  for (const each of [many, few]) await run(each, wanted);
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) runs.push([await run(many, wanted), await run(few, wanted)]);
    else {
      const of = await run(few, wanted);
      runs.push([await run(many, wanted), of]);
    }
  }
  const ratios = (of: (run: Run) => number) =>
    runs.map(([ours, theirs]) => of(ours) / of(theirs)).toSorted((a, b) => a - b);
  const said = (of: (run: Run) => number) => {
    const all = ratios(of);
    return `${median(all).toFixed(2)} (${all[0]?.toFixed(2)} to ${all.at(-1)?.toFixed(2)})`;
  };
  const us = (of: (run: Run) => number) => `${(median(runs.map(([ours]) => of(ours))) / 1_000).toFixed(2)} ms`;
  console.log(`${what}, among ${count.toLocaleString("en")} against ${FEW.toLocaleString("en")}, ${rounds} rounds:`);
  console.log(
    `  p50 ${said(({ p50Ms }) => p50Ms)} times, processor ${said(({ allUs }) => allUs)} times (1.1 is wanted)`,
  );
  console.log(
    `  p50 ${us(({ p50Ms }) => p50Ms * 1_000)}, processor ${us(({ allUs }) => allUs)}, of which the main thread ${us(({ mainUs }) => mainUs)} (a list: 1 ms is wanted)`,
  );
}

async function run(of: Side, wanted: (of: Side) => Wanted): Promise<Run> {
  const before = cpuOf(of.server.pid) ?? { main: 0, others: 0 };
  const { requests, p50Ms, others } = await load(new URL(of.server.url), CLIENTS, seconds, () => wanted(of));
  const after = cpuOf(of.server.pid) ?? before;
  if (Object.keys(others).length > 0) throw new Error(`Some answers were no success: ${JSON.stringify(others)}`);
  const mainUs = ((after.main - before.main) * 1_000) / requests;
  return {
    p50Ms,
    mainUs,
    allUs: mainUs + ((after.others - before.others) * 1_000) / requests,
  };
}

function one<Item>(items: readonly Item[]): Item {
  const item = items[Math.floor(Math.random() * items.length)];
  if (item === undefined) throw new Error("There is none.");
  return item;
}

function between(from: number, before: number): number {
  return Math.floor(from + Math.random() * (before - from));
}
