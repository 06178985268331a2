/** A damaged page of the audit log: entries are lost with it, and nobody who does something afterwards is stopped. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { damageLeafOf, damagePageOf } from "../../../../test/lose-text.ts";
import type { AuditEntry } from "../../../task/audit.ts";
import { openDatabase } from "../database.ts";
import { DATABASE_FILE } from "../folder.ts";
import { sqliteStorage } from "../storage.ts";
import { openSqliteStore } from "../store.ts";

const ENTRIES = 60;

let folder = "";
let damages: string[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "waybill-audit-damage-"));
  damages = [];
  const store = await opened();
  for (let n = 1; n <= ENTRIES; n++) await store.audit.append(entry(n));
  await store.close();
  // As of a process that was killed.
  const db = openDatabase(path.join(folder, DATABASE_FILE));
  db.exec("DELETE FROM facts WHERE name = 'audit:head'");
  db.close();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const opened = () => openSqliteStore(folder, { onDamage: ({ what }) => damages.push(what) });
const entry = (n: number): AuditEntry => ({
  ...{ tenant: "acme", at: n, user: "ada", keyId: "k1", act: "cancel", task: `t${n}`, origin: null },
  detail: { reason: "r".repeat(100) },
});

const numbers = async (store: Awaited<ReturnType<typeof opened>>) =>
  (await store.audit.page({}, { after: 0 }, 1_000)).entries.map(({ n }) => n);
const problems = async () => (await sqliteStorage(folder).health()).problems;

test.each([
  ["the last page of", () => damageLeafOf(folder, "audit", 0.99)],
  ["the page that leads to all others of", () => damagePageOf(folder, "audit")],
  [
    "the last page and one of an index of",
    async () => {
      await damageLeafOf(folder, "audit", 0.99);
      await damageLeafOf(folder, "audit_by_tenant", 0);
    },
  ],
])(
  "where %s the log is damaged, entries are added to it, and a look through it names those that are missing",
  async (_, damage) => {
    await damage();
    const store = await opened();
    await Promise.all([1, 2].map((n) => store.audit.append(entry(n))));
    const found = await numbers(store);
    expect(found.slice(-2)).toEqual([ENTRIES + 1, ENTRIES + 2]);
    const last = found.at(-3) ?? 0;
    expect(found.slice(0, -2)).toEqual(Array.from({ length: last }, (_, n) => n + 1));
    expect(damages).toContain("table audit, which has been rebuilt,");
    await store.close();
    expect(await problems()).toEqual([]);
    const audit = (await sqliteStorage(folder).health()).audit;
    expect(audit.problems).toEqual([`Audit entries ${last + 1} to ${ENTRIES} are missing.`]);
  },
);

test("a note of how far the log has come that cannot be read stops nobody, also where the log is made anew", async () => {
  const note = (value: string) => {
    const db = openDatabase(path.join(folder, DATABASE_FILE));
    db.prepare("INSERT OR REPLACE INTO facts (name, value) VALUES ('audit:head', ?)").run(value);
    db.close();
  };
  note('{"n":');
  const store = await opened();
  await store.audit.append(entry(1));
  await store.close();
  note("{}");
  await damageLeafOf(folder, "audit", 0.99);
  const again = await opened();
  await again.audit.append(entry(2));
  expect((await numbers(again)).at(-1)).toBe(ENTRIES + 2);
  await again.close();
});

test("retention goes on behind a damaged page once the log is made anew of what can be read", async () => {
  await damageLeafOf(folder, "audit", 0.3);
  const store = await opened();
  const before = { idempotencyBefore: 0, auditBefore: 0, auditEntriesMax: 5, unusedSince: 0, expiredBefore: 0 };
  const goesOn = async () => {
    while ((await store.sweepRecords(before, "")) !== null);
    expect(await numbers(store)).toEqual([56, 57, 58, 59, 60]);
  };
  await vi.waitFor(goesOn, { timeout: 60_000 });
  await store.close();
  expect((await sqliteStorage(folder).health()).audit.problems).toEqual([]);
});
