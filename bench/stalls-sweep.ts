/**
 * What others notice of the retention sweep: small writes beside it, and the longest turn of the thread that writes. Sweeps
 * what a server has left in a folder as if it were long ago.
 *
 *   node bench/stalls-sweep.ts FOLDER tree|records
 */
import { readFileSync, writeFileSync } from "node:fs";
import { openSqliteStore } from "../server/src/store/sqlite/store.ts";
import { live, submit } from "../server/src/store/suite/life.suite.ts";
import { newConversation, newTask } from "../server/src/store/suite/new-task.suite.ts";

const [folder = "", what = ""] = process.argv.slice(2);
const MONTH_MS = 31 * 86_400_000;
const CONVERSATIONS = 60;
const MESSAGES = 500;
const MESSAGES_AT_ONCE = 50;

const worked = process.env["WAYBILL_STALLS"] ?? "";
const store = await openSqliteStore(folder);
const later = Date.now() + MONTH_MS;

if (what === "records") await converse();
writeFileSync(worked, "");

const waits: number[] = [];
let isOver = false;
const beside = (async () => {
  while (!isOver) {
    const from = performance.now();
    await store.putSetting("beside", { n: waits.length });
    waits.push(performance.now() - from);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
})();
const from = performance.now();
const said = what === "tree" ? await sweepTasks() : await sweepRecords();
isOver = true;
await beside;
const seconds = (performance.now() - from) / 1_000;
const sorted = waits.toSorted((a, b) => a - b);
const share = (part: number) => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(1);
const longest = Math.max(
  0,
  ...readFileSync(worked, "utf8")
    .split("\n")
    .filter((line) => line.endsWith(" writer"))
    .map((line) => Number(line.split(" ")[0])),
);
process.stdout.write(
  `the sweep of ${said}; ${seconds.toFixed(1)} s; others' writes p50 ${share(0.5)} ms, p99 ${share(0.99)} ms, longest ` +
    `${share(1)} ms; the writer worked ${longest === 0 ? "less than 10" : longest} ms at most at once\n`,
);
await store.close();

async function sweepTasks(): Promise<string> {
  let swept = 0;
  for (let last = 200; last >= 200; swept += last) last = await store.sweep(later, 200);
  return `${swept} tasks`;
}

async function sweepRecords(): Promise<string> {
  const times = {
    idempotencyBefore: later,
    auditEntriesMax: 1_000_000,
    auditBefore: later,
    unusedSince: later,
    expiredBefore: later,
  };
  let turns = 0;
  for (let after: string | null = ""; after !== null; turns++) after = await store.sweepRecords(times, after);
  return `${CONVERSATIONS} conversations of ${MESSAGES} messages of 60 KB in ${turns} turns`;
}

/** Conversations whose only task is swept: nobody has used them since. */
async function converse(): Promise<void> {
  const parts = [{ text: "x".repeat(60_000) }];
  for (let n = 0; n < CONVERSATIONS; n++) {
    const conversation = newConversation();
    const asked = newTask({ conversation: conversation.id });
    const task = await submit(store, asked, { conversation: { conversation, alias: null } });
    await live(store, task, { do: "cancel", by: "ada", reason: "" });
    for (let message = 0; message < MESSAGES; message += MESSAGES_AT_ONCE)
      await Promise.all(
        Array.from({ length: MESSAGES_AT_ONCE }, () =>
          store.appendMessage(conversation.id, { role: "user", parts }, Date.now()),
        ),
      );
  }
  // The newest task stays.
  await submit(store, newTask());
  await sweepTasks();
}
