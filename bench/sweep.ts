/**
 * The sweep of tasks that ended long ago, a hundred thousand of them over a month, and what others notice of it: small
 * writes beside it. The baseline is the same writes without a sweep, before it.
 *
 *   node bench/sweep.ts [tasks]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import path from "node:path";
import { openSqliteStore } from "../server/src/store/sqlite/store.ts";
import { newTask, START } from "../server/src/store/suite/new-task.suite.ts";
import { decide, joined, submittedGoingOn } from "../server/src/task/decide.ts";
import { Refusal } from "../server/src/task/errors.ts";
import { conditions, quantile } from "./conditions.ts";

const tasks = Number(process.argv[2] ?? 100_000);
const MONTH_MS = 30 * 86_400_000;
const AT_ONCE = 500;
const PAGE = 200;
const ALONE_MS = 2_000;

const folder = mkdtempSync(path.join(tmpdir(), "waybill-bench-"));
const store = await openSqliteStore(folder);
try {
  for (let made = 0; made < tasks; made += AT_ONCE)
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, tasks - made) }, (_, n) => makeEnded(made + n)));
  // The newest task stays.
  await makeEnded(tasks);
  await indexed();
  const alone = await beside(() => new Promise((resolve) => setTimeout(resolve, ALONE_MS)));
  const from = performance.now();
  const used = process.cpuUsage();
  const swept = await beside(sweep);
  const { user, system } = process.cpuUsage(used);
  const seconds = (performance.now() - from) / 1_000;
  const busy = (user + system) / 1_000_000;
  console.log(
    `the sweep of ${tasks} ended tasks: ${seconds.toFixed(1)} s, ${busy.toFixed(1)} s of processor (5 s are wanted)`,
  );
  console.log(`  others' writes: ${said(swept)}; without it ${said(alone)}`);
  console.log(`  ${conditions()}, load of the machine ${loadavg()[0]?.toFixed(1)}`);
} finally {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
}

async function makeEnded(n: number): Promise<void> {
  const task = newTask({ createdAt: START + Math.floor((n * MONTH_MS) / tasks), user: `user ${n % 20}` });
  const begun = submittedGoingOn(task, "start");
  if (begun instanceof Refusal) throw begun;
  const ended = decide(begun.task, { do: "complete", attempt: 1, output: "Paris." }, task.createdAt + 1);
  if (ended instanceof Refusal) throw ended;
  await store.apply([joined(begun, ended)]);
}

/** Their texts are in the search index, as those of tasks are that ended long ago. */
async function indexed(): Promise<void> {
  const search = () => store.list({ tenant: "acme", user: null }, { text: "capital" }, { limit: 1 });
  while (
    await search().then(
      () => false,
      () => true,
    )
  );
}

async function sweep(): Promise<void> {
  for (let last = PAGE; last >= PAGE; ) last = await store.sweep(START + 2 * MONTH_MS, PAGE);
}

/** How long each write took while `work` went on. */
async function beside(work: () => Promise<unknown>): Promise<number[]> {
  const waits: number[] = [];
  let isOver = false;
  const writing = (async () => {
    while (!isOver) {
      const from = performance.now();
      await store.putSetting("beside", { n: waits.length });
      waits.push(performance.now() - from);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  })();
  await work();
  isOver = true;
  await writing;
  return waits;
}

function said(waits: readonly number[]): string {
  const ms = (share: number) => `${quantile(waits, share).toFixed(1)} ms`;
  return `p50 ${ms(0.5)}, p99 ${ms(0.99)}, longest ${ms(1)}`;
}
