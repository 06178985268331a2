/** Who tampers with the audit log: what was done to it, and which entry is named. */
import type { Database } from "better-sqlite3";
import { beforeAll, expect, test } from "vitest";
import { prepareAudit } from "../../codec/prepare.ts";
import { IN_MEMORY, openDatabase } from "../database.ts";
import { migrate } from "../migrate.ts";
import { AuditChain, HEAD_FACT } from "./audit-chain.ts";
import { checkAudit } from "./audit-check.ts";
import { auditRetention } from "./audit-statements.ts";

/** Six entries, as a server leaves them that was stopped. */
let left: Buffer;

const entry = (n: number) =>
  prepareAudit({
    ...{ tenant: "acme", at: n, user: "ada", keyId: "k1", act: "cancel", task: null, detail: { reason: `r${n}` } },
    origin: { address: "192.0.2.7", lens: "native", request: `q${n}` },
  });

function write(db: Database, ...entries: number[]): void {
  const chain = new AuditChain(db);
  for (const n of entries) chain.add(entry(n));
  chain.settle();
  chain.committed();
}

beforeAll(() => {
  const db = openDatabase(IN_MEMORY);
  migrate(db);
  write(db, 1, 2, 3, 4, 5, 6);
  left = db.serialize();
  db.close();
});

function found(tamper: (db: Database) => void): string[] {
  const db = openDatabase(left);
  try {
    tamper(db);
    return checkAudit(db).problems;
  } finally {
    db.close();
  }
}

const run = (sql: string) => (db: Database) => {
  expect(db.prepare(sql).run().changes).toBeGreaterThan(0);
};

test.each<[what: string, tamper: (db: Database) => void, first: string]>([
  ["another user", run("UPDATE audit SET user = 'eve' WHERE n = 3"), "Audit entry 3 is not as"],
  ["another time", run("UPDATE audit SET at = 9 WHERE n = 1"), "Audit entry 1 is not as"],
  ["another tenant", run("UPDATE audit SET tenant = 'other' WHERE n = 6"), "Audit entry 6 is not as"],
  [
    "another address",
    run(`UPDATE audit SET origin = replace(origin, '.7', '.8') WHERE n = 2`),
    "Audit entry 2 is not as",
  ],
  ["no address", run("UPDATE audit SET origin = NULL WHERE n = 2"), "Audit entry 2 is not as"],
  ["another detail", run(`UPDATE audit SET detail = '{}' WHERE n = 4`), "Audit entry 4 is not as"],
  ["a detail that is no JSON", run("UPDATE audit SET detail = '{' WHERE n = 4"), "Audit entry 4 is not as"],
  ["another hash", run("UPDATE audit SET hash = 'ab' WHERE n = 5"), "Audit entry 5 is not as"],
  ["no hash", run("UPDATE audit SET hash = NULL WHERE n = 5"), "Audit entry 5 is not as"],
  ["one taken out", run("DELETE FROM audit WHERE n = 3"), "Audit entry 3 is missing."],
  ["some taken out", run("DELETE FROM audit WHERE n IN (3, 4)"), "Audit entries 3 to 4 are missing."],
  ["the first taken away", run("DELETE FROM audit WHERE n = 1"), "Audit entry 1 is missing."],
  ["the last cut off", run("DELETE FROM audit WHERE n > 4"), "Audit entries 5 to 6 are missing."],
  ["the last cut off, and others written behind them", cutOffAndWritten, "Audit entries 5 to 1006 are missing."],
  ["all of them gone", run("DELETE FROM audit"), "Audit entries 1 to 6 are missing."],
  ["two in each other's place", swap, "Audit entry 3 is not as"],
  ["one put in between", insert, "Audit entry 4 is not as"],
  ["a whole chain made anew", remake, "Audit entry 6 is another one than was noted"],
])("names the first place of %s", (_, tamper, first) => {
  expect(found(tamper)[0]).toContain(first);
});

test("a log that nobody touched is whole, also once its beginning has gone and more has come", () => {
  expect(found(() => {})).toEqual([]);
  expect(
    found((db) => {
      auditRetention(db)({ before: 3, keptMax: 1_000, limit: 100 });
      write(db, 7, 8);
    }),
  ).toEqual([]);
  expect(found((db) => auditRetention(db)({ before: 99, keptMax: 1_000, limit: 100 }))).toEqual([]);
});

test("a log that is moved away from what retention has left of it is seen", () => {
  const tamper = (db: Database) => {
    auditRetention(db)({ before: 3, keptMax: 1_000, limit: 100 });
    run("DELETE FROM audit WHERE n = 3")(db);
  };
  expect(found(tamper)).toEqual(["Audit entry 3 is missing."]);
});

test("a log that cannot be read is told, and stops nobody who looks", () => {
  expect(found((db) => db.exec("DROP TABLE audit"))[0]).toContain("cannot be read to its end");
});

function cutOffAndWritten(db: Database): void {
  run("DELETE FROM audit WHERE n > 4")(db);
  write(db, 7, 8);
}

function swap(db: Database): void {
  for (const [from, to] of [
    [3, 99],
    [4, 3],
    [99, 4],
  ])
    db.prepare("UPDATE audit SET n = ? WHERE n = ?").run(to, from);
}

function insert(db: Database): void {
  for (const n of [6, 5, 4]) db.prepare("UPDATE audit SET n = ? WHERE n = ?").run(n + 1, n);
  db.exec(
    "INSERT INTO audit SELECT 4, tenant, at, 'eve', key_id, act, task, detail, origin, hash FROM audit WHERE n = 3",
  );
}

function remake(db: Database): void {
  const head = db.prepare("SELECT value FROM facts WHERE name = ?").pluck().get(HEAD_FACT);
  db.exec("DELETE FROM audit; DELETE FROM facts");
  write(db, 1, 2, 9, 4, 5, 6);
  db.prepare("UPDATE facts SET value = ? WHERE name = ?").run(head, HEAD_FACT);
}

test("no number is given beyond those that are noted, however many entries come in a moment", () => {
  const db = openDatabase(left);
  const chain = new AuditChain(db);
  for (const count of [1, 5_000]) {
    for (let n = 0; n < count; n++) chain.add(entry(n));
    chain.settle();
    chain.committed();
    const upTo = db.prepare("SELECT value ->> 'upTo' FROM facts WHERE name = ?").pluck().get(HEAD_FACT);
    expect(upTo).toBeGreaterThanOrEqual(Number(db.prepare("SELECT max(n) FROM audit").pluck().get()));
  }
  db.close();
});
