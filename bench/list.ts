/**
 * Lists of 50 with their exact total over a million tasks, by every combination of the filters state, kind,
 * conversation and time, for a tenant and for a user; and reads of cold ids beside those of a small database.
 *
 *   node bench/list.ts [tasks]
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DATABASE_FILE } from "../server/src/store/sqlite/folder.ts";
import { openSqliteStore } from "../server/src/store/sqlite/store.ts";
import type { Store } from "../server/src/store/store.ts";
import type { TaskFilter } from "../server/src/task/task-filter.ts";
import { conditions, median, quantile } from "./conditions.ts";
import { type Loaded, loadTasks } from "./million.ts";

const count = Number(process.argv[2] ?? 1_000_000);
const RUNS = 40;
const READS = 4_000;

const root = mkdtempSync(path.join(tmpdir(), "waybill-bench-"));
const folder = path.join(root, "large");
const start = performance.now();
const loaded = loadTasks(folder, count);
const seconds = ((performance.now() - start) / 1000).toFixed(1);
const megabytes = Math.round(statSync(path.join(folder, DATABASE_FILE)).size / 2 ** 20);
console.log(`${count.toLocaleString("en")} tasks loaded in ${seconds} s, ${megabytes} MB (${conditions()})`);

const opened = performance.now();
const store = await openSqliteStore(folder);
await store.setting("ready");
console.log(`opened and answering in ${Math.round(performance.now() - opened)} ms`);

const one = <Item>(items: readonly Item[]): Item => items[Math.floor(Math.random() * items.length)] as Item;
const someTime = () => Math.floor(loaded.from + Math.random() * (loaded.before - loaded.from));
const parts: Record<string, () => TaskFilter> = {
  state: () => ({ states: one([["completed"], ["failed"], ["rejected"], ["running", "waiting"]] as const) }),
  kind: () => ({ kinds: [one(["agent", "human", "external"])] }),
  time: () => {
    const [createdFrom, createdBefore] = [someTime(), someTime()].sort((a, b) => a - b);
    return { createdFrom: createdFrom ?? 0, createdBefore: createdBefore ?? 0 };
  },
  conversation: () => ({ conversation: one(loaded.conversations) }),
};

console.log("\nlist of 50 with its total, first page, ms".padEnd(60), "p50".padStart(8), "max".padStart(8));
for (const user of [null, "user-7"]) {
  for (let chosen = 0; chosen < 16; chosen++) {
    const names = Object.keys(parts).filter((_, bit) => chosen & (1 << bit));
    await measure(`${user === null ? "tenant" : "user"}: ${names.join(" + ") || "everything"}`, user, () =>
      Object.assign({}, ...names.map((name) => parts[name]?.() ?? {})),
    );
  }
  await measure(
    `${user === null ? "tenant" : "user"}: one rare state, at offset 5,000`,
    user,
    () => ({ states: ["rejected"] }),
    5_000,
  );
  await measure(`${user === null ? "tenant" : "user"}: everything, at offset 40,000`, user, () => ({}), 40_000);
}

async function measure(name: string, user: string | null, filter: () => TaskFilter, offset = 0): Promise<void> {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const drawn = filter();
    const start = performance.now();
    await store.list({ tenant: "default", user }, drawn, { limit: 50, offset });
    times.push(performance.now() - start);
  }
  console.log(
    name.padEnd(59),
    median(times).toFixed(1).padStart(8),
    Math.max(...times)
      .toFixed(1)
      .padStart(8),
  );
}

/** Microseconds a read, over ids that were not read before in this process. */
async function reads(from: Store, ids: string[]): Promise<number> {
  const start = performance.now();
  for (const id of ids) await from.task(id);
  return ((performance.now() - start) / ids.length) * 1000;
}

const smallFolder = path.join(root, "small");
const smallLoaded: Loaded = loadTasks(smallFolder, Math.min(count, 20_000 * 97) / 97);
const small = await openSqliteStore(smallFolder);
const [largeTimes, smallTimes]: [number[], number[]] = [[], []];
const slice = 250;
for (let at = 0; at < READS; at += slice) {
  const cold = Array.from({ length: slice }, () => one(loaded.ids));
  const near = Array.from({ length: slice }, () => one(smallLoaded.ids));
  largeTimes.push(await reads(store, cold));
  smallTimes.push(await reads(small, near));
}
const ratio = median(largeTimes.map((time, index) => time / (smallTimes[index] ?? Number.NaN)));
console.log(`\nread by id, one caller: ${median(largeTimes).toFixed(0)} us among ${count.toLocaleString("en")} tasks,`);
console.log(
  `${median(smallTimes).toFixed(0)} us in a small database, ratio ${ratio.toFixed(2)} (p90 ${quantile(largeTimes, 0.9).toFixed(0)} us)`,
);
if (process.argv.includes("--check")) console.log("check:", await store.check());
await Promise.all([store.close(), small.close()]);
rmSync(root, { recursive: true });
