/**
 * Tasks with one no-op step in the process that imports the package, submitted and awaited by 256 callers, against raw
 * grouped synced commits of what a task keeps; the two in turn.
 *
 *   node bench/in-process.ts [tasks] [pairs] [callers]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import path from "node:path";
import { defineHandler, openEngine } from "waybill";
import { z } from "zod";
import { openDatabase } from "../server/src/store/sqlite/database.ts";
import { conditions, median } from "./conditions.ts";

const tasks = Number(process.argv[2] ?? 20_000);
const pairs = Number(process.argv[3] ?? 5);
const CALLERS = Number(process.argv[4] ?? 256);
const WANTED = 10_000;
/** What a task keeps: its row, its input, three events and a step. */
const ROWS_A_TASK = 6;
const ROW = "x".repeat(180);

const noop = defineHandler({
  kind: "noop",
  input: z.strictObject({}),
  run: (ctx) => ctx.step("nothing", async () => null),
});
const root = mkdtempSync(path.join(tmpdir(), "waybill-bench-"));
const engine = await openEngine({ data: path.join(root, "data"), handlers: [noop] });
const raw = openDatabase(path.join(root, "raw.sqlite"));
raw.pragma("journal_mode = WAL");
raw.pragma("synchronous = FULL");
raw.exec("CREATE TABLE rows (n INTEGER PRIMARY KEY, text TEXT)");
const insert = raw.prepare<[string]>("INSERT INTO rows (text) VALUES (?)");
const group = raw.transaction(() => {
  for (let row = 0; row < CALLERS * ROWS_A_TASK; row++) insert.run(ROW);
});

try {
  await ours(tasks / 4);
  const [own, bare, busy]: [number[], number[], number[]] = [[], [], []];
  for (let pair = 0; pair < pairs; pair++) {
    const used = process.cpuUsage();
    own.push(await ours(tasks));
    const { user, system } = process.cpuUsage(used);
    busy.push((user + system) / tasks);
    bare.push(theirs());
  }
  const ratios = own.map((rate, at) => rate / (bare[at] ?? Number.NaN));
  console.log(
    `in process, ${CALLERS} callers: ${median(own).toFixed(0)} tasks/s (${WANTED} are wanted), ${(median(ratios) * 100).toFixed(0)} % of raw commits (${median(bare).toFixed(0)}/s), ${median(busy).toFixed(0)} us of processor a task on all threads`,
  );
  console.log(`  ${conditions()}, load of the machine ${loadavg()[0]?.toFixed(1)}`);
  if (median(own) < WANTED) process.exitCode = 1;
} finally {
  raw.close();
  await engine.close();
  rmSync(root, { recursive: true, force: true });
}

async function ours(count: number): Promise<number> {
  const from = performance.now();
  let left = count;
  const call = async () => {
    while (left-- > 0) {
      const { id } = await engine.submit({ kind: "noop", input: {} });
      const { state } = await engine.settled(id);
      if (state !== "completed") throw new Error(`A task is ${state}.`);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, call));
  return count / ((performance.now() - from) / 1_000);
}

function theirs(): number {
  const from = performance.now();
  let done = 0;
  for (; done < tasks; done += CALLERS) group();
  return done / ((performance.now() - from) / 1_000);
}
