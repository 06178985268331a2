import type { Database } from "better-sqlite3";
import { beforeEach, expect, test } from "vitest";
import { textIn } from "../column.ts";
import { IN_MEMORY, openDatabase } from "../database.ts";
import { MIGRATIONS, migrate, migrateInSteps } from "../migrate.ts";
import { missingFiles, NAMINGS, type Naming, unnamedSql } from "./named-files.ts";

let db: Database;
beforeEach(() => {
  db = openDatabase(IN_MEMORY);
  migrate(db);
  return () => db.close();
});

const column = (sql: string, ...values: unknown[]) =>
  db
    .prepare<unknown[], unknown>(sql)
    .pluck()
    .all(...values)
    .map(textIn);

test("every table with a column sha256 is one that names files, but for the one of those that go", () => {
  const tables = column(
    `SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
     WHERE m.type = 'table' AND c.name = 'sha256' AND m.name <> 'erased_files'`,
  );
  expect(NAMINGS.map(({ table }) => table).toSorted()).toEqual(tables.toSorted());
});

test("whether a file is named is found by an index of each table", () => {
  const plan = db.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${unnamedSql(NAMINGS)}`).all("[]");
  const scans = plan.map(({ detail }) => detail).filter((detail) => detail.startsWith("SCAN"));
  expect(scans).toEqual([expect.stringContaining("wanted")]);
});

test("a file that a row of a further table names is kept by it, and missed when it is gone", () => {
  db.exec("CREATE TABLE letters (id TEXT, sha256 TEXT); CREATE INDEX letters_by_hash ON letters (sha256)");
  const [sent, lost, unknown] = ["a", "b", "c"].map((digit) => digit.repeat(64));
  const insert = db.prepare<unknown[]>("INSERT INTO letters (id, sha256) VALUES (?, ?)");
  for (const [id, sha256] of [
    ["l1", sent],
    ["l2", lost],
    ["l3", null],
  ] as const) {
    insert.run(id, sha256);
  }
  const letters: Naming = { table: "letters", holds: [["letter", "SELECT id FROM letters WHERE sha256 = @sha256"]] };
  const namings = [...NAMINGS, letters];
  expect(column(unnamedSql(namings), JSON.stringify([sent, unknown, lost]))).toEqual([unknown]);
  expect(missingFiles(db, (sha256) => sha256 === sent, namings)).toEqual([{ sha256: lost, holds: ["letter l2"] }]);
});

test("a database of an older schema is asked for the tables and columns that it has", () => {
  const old = openDatabase(IN_MEMORY);
  for (let schema = 1; schema <= MIGRATIONS.length; schema++) {
    migrateInSteps(old, schema);
    expect(missingFiles(old, () => false)).toEqual([]);
  }
  old.close();
});
