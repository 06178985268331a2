/** A damaged page of the audit log: entries are lost with it, and nobody who does something afterwards is stopped. */
import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
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
/** The last that was noted by a process that was killed, and the last that it may have given since. */
const NOTED = 5;
const UP_TO = NOTED + 1_000;

let folder = "";
let damages: string[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "waybill-audit-damage-"));
  damages = [];
  const store = await opened();
  for (let n = 1; n <= ENTRIES; n++) await store.audit.append(entry(n));
  await store.close();
  const db = openDatabase(path.join(folder, DATABASE_FILE));
  db.prepare(
    `UPDATE facts SET value = (SELECT json_object('n', n, 'hash', hash, 'upTo', ?) FROM audit WHERE n = ?)
     WHERE name = 'audit:head'`,
  ).run(UP_TO, NOTED);
  db.close();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const opened = (of = folder) => openSqliteStore(of, { onDamage: ({ what }) => damages.push(what) });
const entry = (n: number): AuditEntry => ({
  ...{ tenant: "acme", at: n, user: "ada", keyId: "k1", act: "cancel", task: `t${n}`, origin: null },
  detail: { reason: "r".repeat(100) },
});

const numbers = async (store: Awaited<ReturnType<typeof opened>>) =>
  (await store.audit.page({}, { after: 0 }, 1_000)).entries.map(({ n }) => n);
const swept = async (store: Awaited<ReturnType<typeof opened>>, auditEntriesMax: number) => {
  const before = { idempotencyBefore: 0, auditBefore: 0, auditEntriesMax, unusedSince: 0, expiredBefore: 0 };
  while ((await store.sweepRecords(before, "")) !== null);
};

const DAMAGE: readonly [where: string, names: readonly [name: string, leaf?: number][], last: number][] = [
  ["the last page", [["audit", 0.99]], ENTRIES],
  ["the page that leads to all others", [["audit"]], ENTRIES],
  [
    "the last page, and one of its index of all entries,",
    [
      ["audit", 0.99],
      ["audit_by_tenant", 0],
    ],
    UP_TO,
  ],
  [
    "the last page, and where all of its indexes begin,",
    [["audit", 0.99], ["audit_by_tenant"], ["audit_by_task"]],
    UP_TO,
  ],
];
const damaged = async (names: (typeof DAMAGE)[number][1]) => {
  for (const [name, leaf] of names)
    await (leaf === undefined ? damagePageOf(folder, name) : damageLeafOf(folder, name, leaf));
};

test.each(DAMAGE)(
  "where %s of the log is damaged, no number is given twice, by a server nor by a mend",
  async (_, names, last) => {
    await damaged(names);
    await mkdir(path.join(folder, "mended"));
    await copyFile(path.join(folder, DATABASE_FILE), path.join(folder, "mended", DATABASE_FILE));
    for (const of of [folder, path.join(folder, "mended")]) {
      const isMended = of !== folder;
      if (isMended) await sqliteStorage(of).mend();
      const store = await opened(of);
      await Promise.all([1, 2].map((n) => store.audit.append(entry(n))));
      const found = await numbers(store);
      expect(found.slice(-2)).toEqual([last + 1, last + 2]);
      const readable = found.at(-3) ?? 0;
      expect(found.slice(0, -2)).toEqual(Array.from({ length: readable }, (_, n) => n + 1));
      if (!isMended) expect(damages).toContain("table audit, which has been rebuilt,");
      await store.close();
      const { problems, audit } = await sqliteStorage(of).health();
      expect(problems).toEqual([]);
      expect(audit.problems).toEqual(
        readable === last ? [] : [`Audit entries ${readable + 1} to ${last} are missing.`],
      );
    }
  },
);

test("where nothing says any more how far the log has come, it goes on behind all that it can have held, and keeps what can be read", async () => {
  await damaged([["audit", 0.99], ["audit_by_tenant"], ["audit_by_task"], ["facts"]]);
  await mkdir(path.join(folder, "mended"));
  await copyFile(path.join(folder, DATABASE_FILE), path.join(folder, "mended", DATABASE_FILE));
  await sqliteStorage(path.join(folder, "mended")).mend();
  for (const of of [folder, path.join(folder, "mended")]) {
    const store = await opened(of);
    for (const n of [1, 2]) await store.audit.append(entry(n));
    const found = await numbers(store);
    expect(found.at(-2)).toBeGreaterThan(1e9);
    const backwards = await store.audit.page({}, { before: null }, 1_000);
    expect(backwards.entries.map(({ n }) => n).reverse()).toEqual(found);
    // Numbers that none has are no entries.
    await swept(store, found.length - 1);
    expect(await numbers(store)).toEqual(found.slice(1));
    await swept(store, 1);
    expect(await numbers(store)).toEqual(found.slice(-1));
    await store.close();
  }
});

test("the last entry stays, however old it is, as the next one is counted from it", async () => {
  const store = await opened();
  const old = { idempotencyBefore: 0, auditBefore: Number.MAX_SAFE_INTEGER, unusedSince: 0, expiredBefore: 0 };
  while ((await store.sweepRecords({ ...old, auditEntriesMax: 1_000 }, "")) !== null);
  expect(await numbers(store)).toEqual([ENTRIES]);
  await store.close();
  const db = openDatabase(path.join(folder, DATABASE_FILE));
  db.exec("DELETE FROM facts");
  db.close();
  const again = await opened();
  await again.audit.append(entry(1));
  expect(await numbers(again)).toEqual([ENTRIES, ENTRIES + 1]);
  await again.close();
});

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
  const goesOn = async () => {
    await swept(store, 5);
    expect(await numbers(store)).toEqual([56, 57, 58, 59, 60]);
  };
  await vi.waitFor(goesOn, { timeout: 60_000 });
  await store.close();
  expect((await sqliteStorage(folder).health()).audit.problems).toEqual([]);
});

test("a store that is closed has noted how far its log has come, however lately that was", async () => {
  const store = await opened();
  for (const n of [1, 2]) await store.audit.append(entry(ENTRIES + n));
  await store.close();
  const db = openDatabase(path.join(folder, DATABASE_FILE));
  const noted = db.prepare("SELECT json_extract(value, '$.n') FROM facts WHERE name = 'audit:head'").pluck().get();
  db.close();
  expect(noted).toBe(ENTRIES + 2);
});

test("numbers of no gap push an entry out of the bound, however often the end was lost", async () => {
  await damaged([["audit", 0.99], ["audit_by_tenant"], ["audit_by_task"], ["facts"]]);
  for (const _ of [1, 2]) {
    const store = await opened();
    for (const n of [1, 2, 3]) await store.audit.append(entry(n));
    await store.close();
    const db = openDatabase(path.join(folder, DATABASE_FILE));
    db.exec("DELETE FROM audit WHERE n = (SELECT max(n) FROM audit)");
    db.close();
  }
  const store = await opened();
  await store.audit.append(entry(4));
  const found = await numbers(store);
  await swept(store, found.length - 1);
  expect(await numbers(store)).toEqual(found.slice(1));
  await swept(store, 4);
  expect(await numbers(store)).toEqual(found.slice(-4));
  await store.close();
});
