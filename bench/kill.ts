/**
 * Kills the server at random moments under load and starts it again. Nothing that was acknowledged may be lost, no task
 * may fail by it, no journaled step may run again, after each start all that can move does (`kill/recovery.ts`), and after
 * the last one every task ends.
 *
 *   node bench/kill.ts [--minutes 4 | --rounds 1000] [--signal kill|term|both] [--min-ms 30] [--max-ms 3000] [--profile heavy]
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pass } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { z } from "zod";
import { openSqliteStore } from "../server/src/store/sqlite/store.ts";
import { conditions, median } from "./conditions.ts";
import { Bodies } from "./kill/bodies.ts";
import { isEnded, Load, type Submitted } from "./kill/load.ts";
import { MachineTime, machineTimeOf } from "./kill/machine-time.ts";
import { profileOf } from "./kill/profile.ts";
import { failedByWorkers, Promises } from "./kill/promises.ts";
import { standingStill } from "./kill/recovery.ts";
import { BIN, freePort, Server } from "./server.ts";

const { values: flags } = parseArgs({
  options: {
    minutes: { type: "string", default: "4" },
    rounds: { type: "string" },
    signal: { type: "string", default: "both" },
    "min-ms": { type: "string", default: "30" },
    "max-ms": { type: "string", default: "3000" },
    profile: { type: "string", default: "quick" },
    verbose: { type: "boolean", default: false },
  },
});

const ROUNDS_PER_FOLDER = 25;
/** Of the rounds: some die while they start, some soon after, and the others once all that could move has moved. */
const DIES_STARTING = 0.1;
const DIES_SOON = 0.3;
const GRACE_S = 4;
/** What a stop may take beyond its grace time, on a quiet machine: answers on their way. */
const GRACE_SLACK_MS = 3_000;
/** Of a quiet machine. */
const END_MS_MAX = 300_000;
const CONFIG = fileURLToPath(new URL("kill/waybill.config.ts", import.meta.url));

const step = z.object({ branch: z.string(), name: z.string(), kind: z.string(), state: z.string(), result: z.json() });
const listed = z.object({
  data: z.array(z.object({ id: z.string(), kind: z.string(), state: z.string() })),
  total: z.number(),
});

const until = flags.rounds === undefined ? Date.now() + Number(flags.minutes) * 60_000 : Number.POSITIVE_INFINITY;
const roundsMax = flags.rounds === undefined ? Number.POSITIVE_INFINITY : Number(flags.rounds);
const profile = profileOf(flags.profile);
const sums = {
  rounds: 0,
  terms: 0,
  submits: 0,
  acknowledged: 0,
  recoveries: 0,
  completed: 0,
  cancelled: 0,
  /** Failed since workers lost them again and again. */
  lost: 0,
  bodies: 0,
  again: 0,
  events: 0,
};
const readyMs: number[] = [];
const settleMs: number[] = [];
const violations: string[] = [];

console.log(`Killing under load (${conditions()})`);
while (sums.rounds < roundsMax && Date.now() < until && violations.length === 0) await onOneFolder();
console.log(
  `${sums.rounds} rounds, ${sums.terms} of them by SIGTERM: ${sums.submits} submits and ${sums.acknowledged} calls in all acknowledged, ` +
    `${sums.completed} completed, ${sums.cancelled} cancelled, ${sums.lost} lost by workers; ${sums.bodies} step bodies ran, ${sums.again} of them again ` +
    `because a death took their result; ${sums.events} events followed; ${sums.recoveries} starts watched until all moved`,
);
console.log(
  `ready after a start: median ${median(readyMs).toFixed(0)} ms, longest ${Math.max(...readyMs).toFixed(0)} ms; ` +
    `all tasks ended after the last start: longest ${Math.max(...settleMs).toFixed(0)} ms`,
);
for (const violation of violations.slice(0, 50)) console.log(`VIOLATION ${violation}`);
console.log(violations.length === 0 ? "0 violations" : `${violations.length} violations`);
process.exit(violations.length === 0 ? 0 : 1);

/** Some rounds over one data folder, and the judgement of it. */
async function onOneFolder(): Promise<void> {
  const data = mkdtempSync(path.join(tmpdir(), "waybill-kill-"));
  const port = await freePort();
  const diary = path.join(data, "diary.log");
  const bodies = new Bodies(diary);
  const promises = new Promises(path.join(data, "acknowledged.log"));
  const load = new Load(`http://127.0.0.1:${port}`, profile, promises);
  load.start();
  for (let n = 0; n < ROUNDS_PER_FOLDER && sums.rounds < roundsMax && Date.now() < until; n++) {
    await round(started(data, port, diary), load, data);
    bodies.afterDeath(data);
    violations.push(...load.violations.splice(0), ...bodies.violations.splice(0), ...promises.violations.splice(0));
    if (violations.length > 0) break;
  }
  await load.stop();
  // What stands still would be waited for until the end.
  if (violations.length === 0) await judge(data, started(data, port, diary), load, bodies, promises);
  sums.submits += load.submitted.size;
  sums.acknowledged += promises.acknowledged;
  sums.events += load.events;
  sums.bodies += bodies.ran;
  sums.again += bodies.again;
  violations.push(...load.violations, ...bodies.violations, ...promises.violations);
  console.log(
    `round ${sums.rounds}: ${sums.acknowledged} acknowledged, ${sums.again} bodies ran again, ${violations.length} violations`,
  );
  if (violations.length === 0) rmSync(data, { recursive: true });
  else console.log(`The data folder is kept: ${data}`);
}

function started(data: string, port: number, diary: string): Server {
  const flags = ["--config", CONFIG, "--grace-s", String(GRACE_S)];
  const { slots } = profile;
  return new Server(data, port, {
    flags,
    env: { WAYBILL_KILL_DIARY: diary, ...(slots !== null && { WAYBILL_KILL_SLOTS: String(slots) }) },
  });
}

async function round(server: Server, load: Load, data: string): Promise<void> {
  sums.rounds += 1;
  const between = (min: number, max: number) => min + Math.random() * (max - min);
  const chance = Math.random();
  if (chance < DIES_STARTING) await pass(between(50, 600));
  else {
    readyMs.push(await server.ready());
    if (chance > DIES_STARTING + DIES_SOON) {
      sums.recoveries += 1;
      violations.push(...(await standingStill(load, data, profile.slots)));
    }
    await pass(between(Number(flags["min-ms"]), Number(flags["max-ms"])));
  }
  if (server.hasEnded) violations.push(`The server ended by itself:\n${server.words}`);
  const gentle = flags.signal === "term" || (flags.signal === "both" && Math.random() < 0.15);
  if (!gentle) {
    const { ms } = await server.end("SIGKILL");
    if (flags.verbose) console.log(`round ${sums.rounds}: killed, gone after ${ms.toFixed(0)} ms`);
    return;
  }
  await server.ready();
  sums.terms += 1;
  const stop = server.end("SIGTERM");
  const machineMs = await machineTimeOf(data, stop);
  const { code, ms } = await stop;
  if (flags.verbose) console.log(`round ${sums.rounds}: stopped with ${code} after ${ms.toFixed(0)} ms`);
  if (code !== 0) violations.push(`A SIGTERM was answered by exit code ${code}:\n${server.words}`);
  if (machineMs > GRACE_S * 1_000 + GRACE_SLACK_MS)
    violations.push(`A SIGTERM took ${ms.toFixed(0)} ms, which are ${machineMs} ms of a quiet machine.`);
}

/** Lets everything end, and checks every promise. */
async function judge(data: string, server: Server, load: Load, bodies: Bodies, promises: Promises): Promise<void> {
  await server.ready();
  const from = performance.now();
  const time = new MachineTime(data);
  for (let open = await openTasks(load); open.length > 0; open = await openTasks(load)) {
    if (time.ms > END_MS_MAX) {
      for (const { id, kind, state } of open.slice(0, 10)) {
        const why = await load.call(`/v1/tasks/${id}/why`);
        violations.push(`${kind} ${id} is stuck: ${state}. ${JSON.stringify(why?.body)}`);
      }
      break;
    }
    for (const { id, state } of open) {
      if (state === "paused") await load.resume(id);
      if (state === "input_required") await load.input(id);
    }
    await load.work();
    await time.pass(200);
  }
  time.end();
  settleMs.push(performance.now() - from);
  const failed = listed.parse((await load.ask("/v1/tasks?limit=20&state=failed,timed_out,rejected")).body);
  for (const { id } of failed.data) {
    const task = await load.ask(`/v1/tasks/${id}`);
    if (failedByWorkers(await load.log(id))) sums.lost += 1;
    else violations.push(`A task failed by a kill: ${JSON.stringify(task.body).slice(0, 600)}`);
  }
  for (const one of load.submitted.values()) await judgeTask(one, load, bodies, promises);
  const { code } = await server.end("SIGTERM");
  if (code !== 0) violations.push(`The last stop ended with code ${code}:\n${server.words}`);
  bodies.afterDeath(data);
  const store = await openSqliteStore(data);
  for (const problem of await store.check()) violations.push(`The database is unsound: ${problem}`);
  await store.close();
  const doctor = spawnSync(process.execPath, [BIN, "doctor", "--data", data, "--json"], { encoding: "utf8" });
  const bad = doctor.stdout.split("\n").filter((line) => line.includes('"is":"bad"') && !line.includes('"server"'));
  for (const line of bad) violations.push(`The doctor found: ${line}`);
}

async function judgeTask(
  { id, kind, cancelled: mayBeCancelled }: Submitted,
  load: Load,
  bodies: Bodies,
  promises: Promises,
): Promise<void> {
  const found = await load.ask(`/v1/tasks/${id}`);
  if (found.status !== 200) return void violations.push(`${id} was acknowledged, and is answered ${found.status} now.`);
  const { state, output } = z.object({ state: z.string(), output: z.unknown() }).parse(found.body);
  const log = await load.log(id);
  promises.judge(id, state, output, log);
  if (kind === "bulk" && state === "completed" && !isWhole(output))
    violations.push(`${id} has lost part of its output.`);
  if (state === "completed") sums.completed += 1;
  else if (state === "cancelled" && mayBeCancelled) sums.cancelled += 1;
  else if (isEnded(state) && !failedByWorkers(log)) violations.push(`${id} ended ${state}.`);
  const steps = z.object({ data: z.array(step) }).parse((await load.ask(`/v1/tasks/${id}/steps`)).body);
  for (const { branch, name, kind, state, result } of steps.data) {
    if (kind !== "step" || state !== "done" || name.startsWith("bulk")) continue;
    const marks = bodies.marksOf(`${id}${branch}/${name}#0`);
    if (marks.at(-1) !== result)
      violations.push(
        `Step "${name}" of ${id} has the result ${JSON.stringify(result)}, and its body left ${marks.join(", ") || "nothing"}.`,
      );
  }
}

function isWhole(output: unknown): boolean {
  const parsed = z.object({ sizes: z.array(z.number()), fill: z.string() }).safeParse(output);
  return parsed.success && parsed.data.sizes.every((size) => size === parsed.data.fill.length);
}

async function openTasks(load: Load) {
  const path = "/v1/tasks?limit=200&state=queued,running,waiting,paused,input_required";
  const parsed = listed.safeParse((await load.call(path))?.body);
  return parsed.success ? parsed.data.data : [{ id: "", kind: "", state: "unknown" }];
}
