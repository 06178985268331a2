/** An index that is made anew while others use its database, or where that comes to no end. */
import { copyFileSync, existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Database } from "better-sqlite3";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { damagePageOf } from "../../../../test/lose-text.ts";
import { openDatabase } from "../database.ts";
import { faultsOf } from "../doctor/check.ts";
import { DATABASE_FILE } from "../folder.ts";
import { indexesOf, miscountedIndexes, readThrough, rebuildIndex } from "./indexes.ts";

let folder = "";
let open: Database[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "waybill-indexes-"));
  open = [];
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const db of open) db.close();
  await rm(folder, { recursive: true, force: true });
});

function connected(file = path.join(folder, DATABASE_FILE)): Database {
  const db = openDatabase(file);
  open.push(db);
  return db;
}

/** Of a table in whose name that of the index is too, with a damaged page of the index. */
async function damaged(index: string, made: (db: Database) => void = () => {}): Promise<Database> {
  const db = connected();
  db.exec(`CREATE TABLE own_of_own (n INTEGER PRIMARY KEY, own TEXT, key INTEGER UNIQUE);
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 3000)
    INSERT INTO own_of_own (own, key) SELECT 'own ' || n, n FROM numbers;
    CREATE INDEX own ON own_of_own (own) WHERE key > 0`);
  made(db);
  db.close();
  await damagePageOf(folder, index);
  return connected();
}

function indexIn(db: Database, name: string) {
  const found = indexesOf(db).find((index) => index.name === name);
  if (!found) throw new Error(`There is no index ${name}.`);
  return found;
}

const FOUND = "SELECT n FROM own_of_own INDEXED BY own WHERE own = 'own 7' AND key > 0";
const names = (db: Database) => indexesOf(db).map(({ name }) => name);

test.each(["own", "sqlite_autoindex_own_of_own_1"])(
  "another connection goes on by the index %s that was made anew, with what it has prepared, and sees the one before until it looks again",
  async (name) => {
    const db = await damaged(name);
    const other = connected();
    const found = other.prepare<unknown[], unknown>(FOUND).pluck();
    const add = other.prepare<unknown[]>("INSERT INTO own_of_own (own, key) VALUES (?, ?)");
    other.exec("BEGIN");
    expect(other.prepare("SELECT count(*) FROM own_of_own NOT INDEXED").pluck().get()).toBe(3000);
    rebuildIndex(db, indexIn(db, name));
    expect(() => readThrough(other, indexIn(other, name))).toThrow("malformed");
    other.exec("ROLLBACK");
    expect(found.get()).toBe(7);
    add.run("own 7", 0);
    add.run("own 8", 3001);
    expect(() => add.run("own 8", 3001)).toThrow("UNIQUE");
    expect([faultsOf(db), faultsOf(other), names(db)]).toEqual([[], [], names(other)]);
  },
);

test("a process that dies before the end leaves it as it was, and it can be made anew then", async () => {
  const db = await damaged("own");
  const there = path.join(folder, DATABASE_FILE);
  const left = path.join(folder, "left.sqlite");
  const prepare = db.prepare.bind(db);
  vi.spyOn(db, "prepare").mockImplementation((sql: string) => {
    if (sql.startsWith("DELETE FROM sqlite_schema"))
      for (const ending of ["", "-wal"]) if (existsSync(there + ending)) copyFileSync(there + ending, left + ending);
    return prepare(sql);
  });
  db.pragma("cache_size = 4");
  rebuildIndex(db, indexIn(db, "own"));
  const copy = connected(left);
  expect(names(copy)).toEqual(names(db));
  expect(() => readThrough(copy, indexIn(copy, "own"))).toThrow("malformed");
  rebuildIndex(copy, indexIn(copy, "own"));
  expect([faultsOf(copy), faultsOf(db)]).toEqual([[], []]);
});

test("an index whose rows are twice there, and one for which there is no room, are as they were, and others write on", async () => {
  const db = await damaged("twice", (made) => {
    made.exec("INSERT INTO own_of_own (own, key) VALUES ('own 7', 4000); CREATE INDEX twice ON own_of_own (own)");
    made.unsafeMode(true).pragma("writable_schema = ON");
    made.exec("UPDATE sqlite_schema SET sql = replace(sql, 'CREATE', 'CREATE UNIQUE') WHERE name = 'twice'");
  });
  const before = names(db);
  expect(() => rebuildIndex(db, indexIn(db, "twice"))).toThrow("UNIQUE");
  db.pragma(`max_page_count = ${String(db.pragma("page_count", { simple: true }))}`);
  expect(() => rebuildIndex(db, indexIn(db, "own"))).toThrow("full");
  expect([names(db), db.inTransaction]).toEqual([before, false]);
  expect(() => readThrough(db, indexIn(db, "twice"))).toThrow("malformed");
  expect(db.prepare(FOUND).pluck().get()).toBe(7);
  expect(() => db.exec("DELETE FROM sqlite_schema")).toThrow("may not be modified");
  expect(db.prepare("UPDATE own_of_own SET key = -7 WHERE n = 9").run().changes).toBe(1);
});

test("rows that others write between two counts make no index a wrong one", () => {
  const db = connected();
  db.exec("CREATE TABLE own (n INTEGER PRIMARY KEY); CREATE INDEX own_some ON own (n) WHERE n > 0");
  const other = connected();
  const prepare = db.prepare.bind(db);
  vi.spyOn(db, "prepare").mockImplementation((sql: string) => {
    if (sql.includes('FROM "own"')) other.exec("INSERT INTO own DEFAULT VALUES");
    return prepare(sql);
  });
  expect([miscountedIndexes(db), miscountedIndexes(db)]).toEqual([[], []]);
  expect(other.prepare("SELECT count(*) FROM own").pluck().get()).toBe(2);
});
