/** Idempotency keys on a damaged page: none of them begins anything again, and all others come and go. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { damageLeafOf, damagePageOf } from "../../../../test/lose-text.ts";
import { openDatabase } from "../database.ts";
import { DATABASE_FILE } from "../folder.ts";
import type { SqliteStore } from "../sqlite-store.ts";
import { sqliteStorage } from "../storage.ts";
import { openSqliteStore } from "../store.ts";

const KEYS = 300;
const LATER = { auditBefore: 0, auditEntriesMax: 9, unusedSince: 0, expiredBefore: 0 };

let folder = "";
let damages: string[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "waybill-keys-"));
  damages = [];
  await (await opened()).close();
  const db = openDatabase(path.join(folder, DATABASE_FILE));
  const add = db.prepare<unknown[]>(
    "INSERT INTO idempotency (scope, key, hash, task, at) VALUES ('s', ?, 'h', 't', ?)",
  );
  for (let n = 1; n <= KEYS; n++) add.run(`${(n * 7) % KEYS}`, n);
  db.close();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const opened = () => openSqliteStore(folder, { onDamage: ({ what }) => damages.push(what) });

/** What is known of each, once. */
async function hashes(store: SqliteStore): Promise<Record<string, number>> {
  const known = await Promise.all(Array.from({ length: KEYS }, (_, n) => store.replay("s", `${n}`)));
  const counts: Record<string, number> = {};
  for (const each of known) {
    const hash = each === null ? "unknown" : `${each.hash} of ${each.task}`;
    counts[hash] = (counts[hash] ?? 0) + 1;
  }
  return counts;
}

test.each([
  ["a page", () => damageLeafOf(folder, "idempotency", 0.5), KEYS / 2],
  ["the page that leads to all others", () => damagePageOf(folder, "idempotency"), 0],
])("where %s of them is damaged, each is known, and goes when it is old", async (_, damage, readable) => {
  await damage();
  const store = await opened();
  const { "h of t": whole = 0, " of ": lost = 0, ...others } = await hashes(store);
  expect([whole + lost, others]).toEqual([KEYS, {}]);
  expect(lost).toBeGreaterThan(0);
  expect(whole).toBeGreaterThanOrEqual(readable);
  expect(damages).toEqual(["table idempotency, which has been rebuilt,"]);
  expect(await store.check()).toEqual([]);
  for (let after: string | null = ""; after !== null; )
    after = await store.sweepRecords({ ...LATER, idempotencyBefore: KEYS - 10 }, after);
  expect((await hashes(store))["unknown"]).toBe(KEYS - 11);
  await store.close();
  expect((await sqliteStorage(folder).health()).problems).toEqual([]);
});

test("where they are mended before a server has met it, each is known all the same", async () => {
  await damageLeafOf(folder, "idempotency", 0.5);
  expect((await sqliteStorage(folder).mend()).lost).toEqual([{ table: "idempotency", rows: 0, pages: true }]);
  const store = await opened();
  const { "h of t": whole = 0, " of ": lost = 0, ...others } = await hashes(store);
  expect([whole + lost, others]).toEqual([KEYS, {}]);
  expect(lost).toBeGreaterThan(0);
  expect(whole).toBeGreaterThanOrEqual(KEYS / 2);
  await store.close();
});

test("where the index that has them is damaged too, the table stays as it is, and a key on the damaged page is an error", async () => {
  await damageLeafOf(folder, "idempotency", 0.5);
  await damagePageOf(folder, "idempotency_by_time");
  const store = await opened();
  const known = await Promise.allSettled(Array.from({ length: KEYS }, (_, n) => store.replay("s", `${n}`)));
  const failed = known.filter(({ status }) => status === "rejected").length;
  expect(failed).toBeGreaterThan(0);
  expect(failed).toBeLessThan(KEYS / 2);
  expect(known.some((each) => each.status === "fulfilled" && each.value === null)).toBe(false);
  await store.close();
});
