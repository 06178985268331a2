/**
 * All rows of what is wanted of Waybill's speed, memory and growth, one script after the other with short runs, as one table
 * in Markdown: what each script said, what is wanted, the load of the machine before and after, and how long it took. It takes
 * twenty minutes, and says something on a machine that does nothing else. The peers' packages are installed where they
 * are not; rows whose programs the machine does not have say so. Words are names of rows, to have those alone.
 *
 *   npm run build && node bench/table.ts [row...] > table.md
 */
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { conditions } from "./conditions.ts";

/** What hangs is ended, with all that it has started. */
const ROW_MS_MAX = 360_000;

type Row = {
  name: string;
  what: string;
  wanted: string;
  run: string;
  /** The lines that are figures; by default those that are not indented. */
  says?: RegExp;
};

const ROWS: readonly Row[] = [
  {
    name: "submit",
    what: "durable submit over HTTP, 64 clients",
    wanted: ".60 of a bare Fastify `POST`",
    run: "submit.ts 5 1",
  },
  {
    name: "await",
    what: "no-op task with one step, submitted and awaited",
    wanted: ".30 of the same",
    run: "await-task.ts 5 1",
  },
  { name: "get", what: "`GET` of a task", wanted: ".90 of bare `node:http`", run: "get-task.ts 5 1" },
  {
    name: "store",
    what: "the store's own submit",
    wanted: ".75 of raw grouped commits",
    run: "store-submit.ts 5 6400",
  },
  {
    name: "peers",
    what: "no-op tasks a second beside peers, one by one and in bulk",
    wanted:
      "BullMQ 3 x as it comes, 1.2 x 100 at once; graphile-worker 6 x; DBOS 10 x; Restate 6 x; in bulk 1 x of the best",
    run: "peers/run.mjs 600 3",
    says: /: (?:ours|not measured)/,
  },
  { name: "batch", what: "`POST /v1/tasks:batch`", wanted: ".60 of a bare `POST` of each", run: "batch.ts 3 1" },
  {
    name: "a2a",
    what: "A2A beside the SDK's server in memory",
    wanted: "1.5 x",
    run: "a2a.ts 3 1",
  },
  { name: "in-process", what: "in process", wanted: "10,000 tasks/s", run: "in-process.ts 10000 3" },
  {
    name: "agents-500",
    what: "agents, 500 in flight",
    wanted: "200 tasks/s, token p50 under 50 ms, 250 MB",
    run: "agents.ts 500 5 1",
    says: /a second; a token/,
  },
  {
    name: "agents-100",
    what: "agents, 100 in flight",
    wanted: "token p50 under 10 ms",
    run: "agents.ts 100 5 1",
    says: /a second; a token/,
  },
  {
    name: "ready",
    what: "ready on 130 MB with 7,000 open tasks, which take a minute to make",
    wanted: "1 s",
    run: "ready.ts --tasks 140000 1",
    says: /ready in|first task|memory/,
  },
  {
    name: "waiting-100k",
    what: "100,000 waiting tasks",
    wanted: "80 MB, ready in 1 s",
    run: "ready.ts --asleep --tasks 100000 1",
    says: /ready in|memory/,
  },
  {
    name: "waiting-1m",
    what: "1,000,000 waiting tasks",
    wanted: "500 MB, ready in 1 s",
    run: "ready.ts --asleep --tasks 1000000 1",
    says: /ready in|memory/,
  },
  {
    name: "streams",
    what: "10,000 streams: memory above empty, an event to all, `/health` beside 100 busy tasks",
    wanted: "150 MB; 150 ms; 100 ms",
    run: "streams.ts 10000 100 8",
    says: /streams opened|beside|times bare's/,
  },
  {
    name: "sweep",
    what: "sweep of 100,000 ended tasks",
    wanted: "5 s; others p99 20 ms, worst 100 ms",
    run: "sweep.ts 100000",
    says: /sweep|writes/,
  },
  {
    name: "cold",
    what: "lists and cold reads with 1,000,000 stored, of a server with few",
    wanted: "1.1; a list 1 ms of processor",
    run: "cold.ts 1000000 3 1",
    says: /./,
  },
  {
    name: "written",
    what: "bytes written to the disk a task, 64 at once and alone",
    wanted: "6 KB, 40 KB",
    run: "written.ts 2",
  },
];

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const named = process.argv.slice(2);
const unknown = named.filter((name) => !ROWS.some((row) => row.name === name));
if (unknown.length > 0)
  throw new Error(`There is no row ${unknown.join(", ")}; there are: ${ROWS.map(({ name }) => name).join(", ")}`);
const rows = ROWS.filter(({ name }) => named.length === 0 || named.includes(name));
const started = performance.now();
/** The group of the script that runs. */
let running = 0;
/** What the scripts write, so that nothing of those stays that are ended. Redis and PostgreSQL may run as somebody else. */
const scratch = mkdtempSync(path.join(tmpdir(), "waybill-table-"));
chmodSync(scratch, 0o755);
process.on("exit", () => {
  endRunning();
  rmSync(scratch, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));
const table = ["| row | what | wanted | seen | load | s |", "|---|---|---|---|---|---|"];
for (const row of rows) table.push(await measured(row));
console.log(table.join("\n"));
const minutes = ((performance.now() - started) / 60_000).toFixed(1);
console.log(
  `\n${conditions()}; ${new Date().toISOString().slice(0, 10)}, commit ${commit()}; ${minutes} minutes in all`,
);

async function measured({ name, what, wanted, run, says = /^\S/ }: Row): Promise<string> {
  console.error(`\n${name}: node bench/${run}`);
  const load = loadNow();
  const from = performance.now();
  const lines = (await wordsOf(run)).split("\n").filter((line) => line.trim() !== "" && !line.startsWith("node v"));
  const figures = lines.filter((line) => says.test(line) || /^ended after|^said nothing/.test(line));
  // What changed its words is told as a whole.
  const told = (figures.length > 0 ? figures : lines).map((line) => line.trim().replaceAll("|", "\\|"));
  const seconds = ((performance.now() - from) / 1_000).toFixed(0);
  return `| ${name} | ${what} | ${wanted} | ${told.join("<br>")} | ${load} to ${loadNow()} | ${seconds} |`;
}

/** All that a script says, which also goes to whoever waits for the table. */
async function wordsOf(run: string): Promise<string> {
  const [script = "", ...options] = run.split(" ");
  if (script.startsWith("peers/")) installed();
  // A group of its own, so that what it has started ends with it.
  const child = spawn(process.execPath, [here(script), ...options], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, TMPDIR: scratch },
    detached: true,
  });
  running = child.pid ?? 0;
  let isLate = false;
  const late = setTimeout(() => {
    isLate = true;
    endRunning();
  }, ROW_MS_MAX);
  let words = "";
  let complaints = "";
  child.stdout.on("data", (chunk: Buffer) => {
    words += chunk;
    process.stderr.write(chunk);
  });
  child.stderr.on("data", (chunk: Buffer) => {
    complaints += chunk;
    process.stderr.write(chunk);
  });
  await new Promise((resolve) => child.once("close", resolve));
  clearTimeout(late);
  running = 0;
  if (isLate) return `${words}\nended after ${ROW_MS_MAX / 1_000} s, before it was done`;
  return words.trim() === "" ? `said nothing: ${complaints.trim().split("\n").at(-1)}` : words;
}

function endRunning(): void {
  if (running === 0) return;
  try {
    process.kill(-running, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

function installed(): void {
  if (existsSync(here("peers/node_modules"))) return;
  execFileSync("npm", ["install", "--no-audit", "--no-fund"], { cwd: here("peers"), stdio: ["ignore", 2, 2] });
}

function loadNow(): string {
  return loadavg()[0]?.toFixed(1) ?? "?";
}

function commit(): string {
  return execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8", cwd: here(".") }).trim();
}
