/**
 * The store's own submit with 64 callers, against raw commits of the same rows into the same schema: one thread,
 * groups of 64, one fsynced transaction each, every value ready to bind. Runs are interleaved and paired.
 *
 *   node bench/store-submit.ts [pairs] [submits per run]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import path from "node:path";
import { fixedOf, recordOf } from "../server/src/store/codec/task-row.ts";
import { COMMITTING_CACHE_KIB, openDatabase } from "../server/src/store/sqlite/database.ts";
import { migrate } from "../server/src/store/sqlite/migrate.ts";
import { openSqliteStore } from "../server/src/store/sqlite/store.ts";
import { type Change, submitted } from "../server/src/task/decide.ts";
import { conditions, median } from "./conditions.ts";
import { sampleTask } from "./sample-task.ts";

const CALLERS = 64;
const pairs = Number(process.argv[2] ?? 9);
const perRun = Number(process.argv[3] ?? 12_800);

const folder = mkdtempSync(path.join(tmpdir(), "waybill-bench-"));
const raw = openDatabase(path.join(folder, "raw.sqlite"), { cacheKib: COMMITTING_CACHE_KIB });
migrate(raw);
const store = await openSqliteStore(path.join(folder, "store"));

const insertTask = raw.prepare<unknown[]>(
  `INSERT INTO tasks (id, tenant, user, kind, state, conversation, parent, revision, attempt, last_seq, progress,
     created_at, ended_at, deleted_at, record, output) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
);
const insertSubmission = raw.prepare<unknown[]>("INSERT INTO submissions (task, fixed, input) VALUES (?, ?, ?)");
const insertEvent = raw.prepare<unknown[]>("INSERT INTO events (task, seq, at, type, data) VALUES (?, ?, ?, ?, ?)");

type Rows = { task: unknown[]; submission: unknown[]; event: unknown[] };

function rowsOf({ task, events }: Change): Rows {
  const { id, tenant, user, kind, state, revision, attempt, lastSeq, progress, createdAt } = task;
  const [event] = events;
  return {
    task: [
      id,
      tenant,
      user,
      kind,
      state,
      null,
      null,
      revision,
      attempt,
      lastSeq,
      progress,
      createdAt,
      null,
      null,
      recordOf(task),
      null,
    ],
    submission: [fixedOf(task), JSON.stringify(task.input)],
    event: [event?.seq, event?.at, event?.type, JSON.stringify(event?.data)],
  };
}

const commitGroup = raw.transaction((group: Rows[]) => {
  for (const { task, submission, event } of group) {
    const n = insertTask.run(...task).lastInsertRowid;
    insertSubmission.run(n, ...submission);
    insertEvent.run(n, ...event);
  }
});

function changes(): Change[] {
  return Array.from({ length: perRun }, (_, index) =>
    submitted(sampleTask(Date.now(), `What is the capital of country number ${index}?`)),
  );
}

function rawRun(): number {
  const rows = changes().map(rowsOf);
  const start = performance.now();
  for (let at = 0; at < rows.length; at += CALLERS) commitGroup(rows.slice(at, at + CALLERS));
  return (perRun / (performance.now() - start)) * 1000;
}

async function storeRun(): Promise<number> {
  // In the order in which they were made, as the raw commits have them.
  const waiting = changes().values();
  const start = performance.now();
  const caller = async () => {
    for (const change of waiting) {
      const applied = await store.apply([change]);
      if (!applied.ok) throw new Error(`Not applied: ${applied.why}`);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return (perRun / (performance.now() - start)) * 1000;
}

await storeRun();
rawRun();
const measured: { raw: number; store: number }[] = [];
for (let pair = 0; pair < pairs; pair++) {
  const first = pair % 2 === 0 ? rawRun() : await storeRun();
  const second = pair % 2 === 0 ? await storeRun() : rawRun();
  measured.push(pair % 2 === 0 ? { raw: first, store: second } : { raw: second, store: first });
}
await store.close();
raw.close();
rmSync(folder, { recursive: true });

const rate = (value: number) => `${Math.round(value).toLocaleString("en")}/s`;
console.log(`Submit, ${CALLERS} callers, ${pairs} pairs of ${perRun.toLocaleString("en")} (${conditions()})`);
console.log(`raw grouped commits  ${rate(median(measured.map(({ raw }) => raw)))}`);
console.log(`the store            ${rate(median(measured.map(({ store }) => store)))}`);
const ratios = measured.map(({ raw, store }) => store / raw);
const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
console.log(
  `ratio                ${percent(median(ratios))} (${percent(Math.min(...ratios))} to ${percent(Math.max(...ratios))}; 75 % are wanted)`,
);
console.log(`  load of the machine ${loadavg()[0]?.toFixed(1)}`);
