/** An index of many rows is made anew slice by slice, while its table is written to. */
import { copyFileSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Database, SqliteError } from "better-sqlite3";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { damageLeafOf, damagePageOf } from "../../../../test/lose-text.ts";
import { openDatabase } from "../database.ts";
import { faultsOf } from "../doctor/check.ts";
import { DATABASE_FILE } from "../folder.ts";
import { migrate } from "../migrate.ts";
import { openSqliteStore } from "../store.ts";
import { shadowOfIndex } from "./copied-shadow.ts";
import { DerivedRebuild } from "./derived.ts";
import { indexesOf, miscountedIndexes, readThrough, unlessDamaged } from "./indexes.ts";
import { mendOpenIndexes } from "./open-indexes.ts";

let folder = "";
let open: Database[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "waybill-copied-shadow-"));
  open = [];
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const db of open) db.close();
  await rm(folder, { recursive: true, force: true });
});

function connected(name = DATABASE_FILE): Database {
  const db = openDatabase(path.join(folder, name));
  open.push(db);
  return db;
}

function indexIn(db: Database, name: string) {
  const found = indexesOf(db).find((index) => index.name === name);
  if (!found) throw new Error(`There is no index ${name}.`);
  return found;
}

const ROWS = 1_000;
/** Every second row is in the index of `word`. */
async function damaged(table: string, index: string, rows = ROWS, spread = 1, from = 0): Promise<Database> {
  const db = connected();
  db.exec(`CREATE TABLE own (${table});
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${rows})
    INSERT INTO own (key, word, long) SELECT ${from} + n * ${spread}, 'word ' || ((n * 7919) % 1000003), 'long ' || n FROM numbers;`);
  if (!index.startsWith("sqlite_"))
    db.exec(`CREATE INDEX ${index} ON own (lower(word), long, key) WHERE (key % 2 = 0 OR word IS NULL)`);
  db.close();
  await damageLeafOf(folder, index, 0.5);
  return connected();
}

const slices = (db: Database, name: string) => {
  const shadow = shadowOfIndex(db, indexIn(db, name));
  return () => shadow.goOn(() => true);
};

function schemaOf(db: Database): unknown[] {
  return db.prepare<unknown[], unknown[]>("SELECT type, name, tbl_name, sql FROM sqlite_schema").raw().all();
}

const REPLACE = "INSERT OR REPLACE INTO own (key, word, long) VALUES (?, 'New ' || ?, 'long ' || ?)";
/** Where the row that goes has a number of its own, no trigger hears of it. */
const UPSERT = `${REPLACE.replace("OR REPLACE ", "")} ON CONFLICT DO UPDATE SET key = excluded.key, word = excluded.word`;

test.each([
  ["key INTEGER PRIMARY KEY, word TEXT, long TEXT", "own_words"],
  ["key INTEGER, word TEXT, long TEXT PRIMARY KEY", "own_words", UPSERT],
  ["key INTEGER, word TEXT, long TEXT PRIMARY KEY", "sqlite_autoindex_own_1"],
  ["key INTEGER, word TEXT, long TEXT, PRIMARY KEY (long, key)) WITHOUT ROWID; CREATE TABLE other (n", "own_words"],
  [
    "key INTEGER, word TEXT UNIQUE, long TEXT, PRIMARY KEY (long, key)) WITHOUT ROWID; CREATE TABLE other (n",
    "sqlite_autoindex_own_1",
  ],
])(
  "of a table (%s) the index %s has every row, whatever others write meanwhile",
  async (table, name, put = REPLACE) => {
    const db = await damaged(table, name);
    const before = schemaOf(db);
    const other = connected();
    const change = [
      other.prepare<unknown[]>(put),
      other.prepare<unknown[]>("UPDATE own SET word = 'Changed ' || ?, key = key + ? * 0 WHERE long = 'long ' || ?"),
      other.prepare<unknown[]>("UPDATE own SET word = iif(?, NULL, ?) WHERE long = 'long ' || ?"),
      other.prepare<unknown[]>("DELETE FROM own WHERE ? + ? > 0 AND long = 'long ' || ?"),
    ];
    const goOn = slices(db, name);
    let turns = 0;
    let [writes, meets] = [0, 0];
    do {
      turns += 1;
      for (const [at, statement] of change.entries())
        for (const n of [turns * 10 + at, ROWS - turns * 10 - at, ROWS + turns * 10 + at].map(String))
          try {
            statement.run(n, n, n);
          } catch (error) {
            expect(String(error)).toContain("malformed");
            meets += 1;
          }
      writes += change.length * 3;
    } while (!goOn());
    expect(turns).toBeGreaterThan(ROWS / 200);
    expect(meets).toBeLessThan(writes / 2);
    expect([faultsOf(db), miscountedIndexes(db), faultsOf(other), schemaOf(other)]).toEqual([[], [], [], before]);
    readThrough(other, indexIn(other, name));
  },
);

test("every index that there is can be made anew in this way", () => {
  const db = connected();
  migrate(db);
  const before = schemaOf(db);
  for (const { name } of indexesOf(db)) {
    const goOn = slices(db, name);
    while (!goOn());
  }
  expect([schemaOf(db), faultsOf(db)]).toEqual([before, []]);
});

test("what a process leaves that dies meanwhile is gone with the next start, and that is none of the table's rows", async () => {
  await (await openSqliteStore(folder)).close();
  const db = connected();
  db.exec(`WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${ROWS})
    INSERT INTO idempotency SELECT 's', 'key ' || n, 'h', 't', n FROM numbers`);
  const before = schemaOf(db);
  const goOn = slices(db, "idempotency_by_time");
  goOn();
  const left = path.join(folder, "left");
  for (const ending of ["", "-wal"])
    if (existsSync(path.join(folder, DATABASE_FILE + ending)))
      copyFileSync(path.join(folder, DATABASE_FILE + ending), left + ending);
  expect(schemaOf(db).length).toBe(before.length + 5);
  db.close();
  for (const ending of ["", "-wal"]) copyFileSync(left + ending, path.join(folder, DATABASE_FILE + ending));
  const store = await openSqliteStore(folder);
  expect(await store.check()).toEqual([]);
  await store.close();
  const again = connected();
  expect([schemaOf(again), again.prepare("SELECT count(*) FROM idempotency").pluck().get()]).toEqual([before, ROWS]);
});

test.each(["SQLITE_FULL", "SQLITE_CORRUPT"])(
  "what a start cannot strike off (%s) keeps nobody from it, and nobody writes to it",
  (code) => {
    const db = connected();
    migrate(db);
    shadowOfIndex(db, indexIn(db, "idempotency_by_time"));
    const exec = db.exec.bind(db);
    vi.spyOn(db, "exec").mockImplementation((sql) => {
      if (sql.includes("DROP TABLE made_anew")) throw new SqliteError("no", code);
      return exec(sql);
    });
    mendOpenIndexes(db);
    vi.restoreAllMocks();
    const named = db.prepare("SELECT type FROM sqlite_schema WHERE name GLOB 'made_anew*' ORDER BY name").pluck();
    expect(named.all()).toEqual(code === "SQLITE_FULL" ? ["table", "index"] : []);
    db.exec("INSERT INTO idempotency VALUES ('s', 'key', 'h', 't', 1)");
    mendOpenIndexes(db);
    expect([named.all(), faultsOf(db)]).toEqual([[], []]);
  },
);

test.each([
  ["key INTEGER PRIMARY KEY, word TEXT, long TEXT UNIQUE", 300, 2],
  ["key INTEGER PRIMARY KEY, word TEXT, long TEXT", 20_000, 1],
  ["key INTEGER, word TEXT, long TEXT", 20_000, 1],
  ["key INTEGER PRIMARY KEY, word TEXT, long TEXT UNIQUE", 2_000, 50],
])(
  "of a table (%s) of %i rows, each %i numbers on, with damaged pages the index has all that can be read",
  async (table, rows, spread) => {
    const more = spread === 50 ? [0.45, 0.999] : [];
    (await damaged(table, "own_words", rows, spread)).close();
    for (const share of [0, 0.4, 0.41, 0.9, ...more]) await damageLeafOf(folder, "own", share);
    const db = connected();
    const before = schemaOf(db);
    const anew = new DerivedRebuild(db, "index own_words");
    let answer = anew.goOn(() => true);
    while (answer === null) answer = anew.goOn(() => true);
    expect([answer, schemaOf(db)]).toEqual([true, before]);
    const one = db.prepare<unknown[], unknown>("SELECT key FROM own WHERE rowid = ? AND key % 2 = 0").pluck();
    const numbers = Array.from({ length: rows }, (_, n) => (n + 1) * (table.includes("PRIMARY") ? spread : 1));
    const readable = numbers.flatMap((n) => unlessDamaged(() => one.get(n)) ?? []);
    const listed = db.prepare("SELECT rowid FROM own INDEXED BY own_words WHERE (key % 2 = 0 OR word IS NULL)");
    expect(readable.length).toBeGreaterThan(rows / 10);
    expect(readable.length).toBeLessThan(rows);
    expect(listed.pluck().all().sort()).toEqual(readable.sort());
  },
);

test.each([
  [3_000_000, [0]],
  [0, [0, 0.999]],
])(
  "of a table that begins behind number %i with damaged pages (%j) the index has all that can be read",
  async (from, shares) => {
    const table = await damaged("key INTEGER PRIMARY KEY, word TEXT, long TEXT", "own_words", ROWS, 1, from);
    table.close();
    const db = connected();
    db.exec(`CREATE INDEX own_some ON own (long) WHERE key = ${from + 500}`);
    db.close();
    for (const share of shares) await damageLeafOf(folder, "own", share);
    const again = connected();
    const anew = new DerivedRebuild(again, "index own_words");
    let answer = anew.goOn(() => true);
    while (answer === null) answer = anew.goOn(() => true);
    const listed = again.prepare("SELECT count(*) FROM own INDEXED BY own_words WHERE (key % 2 = 0 OR word IS NULL)");
    expect([answer, Number(listed.pluck().get()) > ROWS / 3]).toEqual([true, true]);
  },
);

test("a table of many rows none of which can be read keeps its index as it is", async () => {
  (await damaged("key INTEGER PRIMARY KEY, word TEXT, long TEXT UNIQUE", "own_words", 12_000)).close();
  await damagePageOf(folder, "own");
  await staysAsItWas("own_words", 1);
});

test("no row gives way to another number unheard in a table that has a further index", async () => {
  const db = connected();
  migrate(db);
  const sources = path.resolve(import.meta.dirname, "../..");
  const files = readdirSync(sources, { recursive: true, encoding: "utf8" }).filter((name) =>
    /(?<!\.test)\.ts$/.test(name),
  );
  const texts = files.map((name) => readFileSync(path.join(sources, name), "utf8")).join("\n");
  const replaced = new Set([...texts.matchAll(/\bOR REPLACE INTO (\w+)/g)].map(([, table]) => table));
  expect(replaced.size).toBeGreaterThan(5);
  const indexes = db.prepare<unknown[], { origin: string; unique: number }>("SELECT * FROM pragma_index_list(?)");
  const isKeyed = db.prepare(
    `SELECT EXISTS (SELECT 1 FROM pragma_table_list(@table) WHERE wr)
       OR (SELECT count(*) = 1 AND max(type) = 'INTEGER' FROM pragma_table_info(@table) WHERE pk > 0)`,
  );
  const wrong = [...replaced].filter((table) => {
    const further = indexes.all(table).filter(({ origin }) => origin !== "pk");
    return further.some(({ unique }) => unique === 1 || isKeyed.pluck().get({ table }) === 0);
  });
  expect(wrong).toEqual([]);
});

test("where rows cannot be read an index that keeps a key is as it was, and nothing else is left", async () => {
  (await damaged("key INTEGER, word TEXT, long TEXT UNIQUE", "sqlite_autoindex_own_1", 20_000)).close();
  await damageLeafOf(folder, "own", 0.5);
  await staysAsItWas("sqlite_autoindex_own_1");
});

test("where keys are twice there the index is as it was, and nothing else is left", async () => {
  const db = await damaged("key INTEGER PRIMARY KEY, word TEXT, long TEXT", "own_words", 20_000);
  db.exec("UPDATE own SET long = 'long 9' WHERE key = 15001");
  db.exec("CREATE INDEX own_twice ON own (long)");
  db.unsafeMode(true).pragma("writable_schema = ON");
  db.exec("UPDATE sqlite_schema SET sql = replace(sql, 'CREATE', 'CREATE UNIQUE') WHERE name = 'own_twice'");
  db.close();
  await damagePageOf(folder, "own_twice");
  await staysAsItWas("own_twice");
});

test("rows that come faster than slices are read put no end off: the triggers have them", async () => {
  const db = await damaged("key INTEGER PRIMARY KEY, word TEXT, long TEXT", "own_words");
  const other = connected();
  const add = other.prepare<unknown[]>("INSERT INTO own (word, long) VALUES ('zz', 'long')");
  const goOn = slices(db, "own_words");
  let turns = 0;
  do {
    turns += 1;
    for (let n = 0; n < 300 && turns < 100; n++) add.run();
  } while (!goOn());
  expect(turns).toBeLessThan(100);
  expect([faultsOf(db), miscountedIndexes(db)]).toEqual([[], []]);
});

test("where the disk is full, also to strike off what was begun, it is begun anew once there is room", async () => {
  const db = await damaged("key INTEGER PRIMARY KEY, word TEXT, long TEXT", "own_words", 20_000);
  const before = schemaOf(db);
  const anew = new DerivedRebuild(db, "index own_words");
  expect(anew.goOn(() => true)).toBe(null);
  db.pragma(`max_page_count = ${Number(db.pragma("page_count", { simple: true })) + 50}`);
  vi.spyOn(db, "exec").mockImplementationOnce(() => {
    throw new SqliteError("database or disk is full", "SQLITE_FULL");
  });
  expect(() => anew.goOn(() => false)).toThrow("full");
  db.pragma("max_page_count = 1000000");
  let answer = anew.goOn(() => true);
  while (answer === null) answer = anew.goOn(() => true);
  expect([answer, faultsOf(db), miscountedIndexes(db), schemaOf(db)]).toEqual([true, [], [], before]);
});

test("what was begun and cannot be struck off keeps no other index from being made", async () => {
  const db = await damaged("key INTEGER PRIMARY KEY, word TEXT, long TEXT", "own_words");
  db.exec("CREATE TABLE few (n INTEGER); CREATE INDEX few_by_n ON few (n)");
  const before = schemaOf(db);
  slices(db, "own_words")();
  expect(new DerivedRebuild(db, "index few_by_n").goOn(() => true)).toBe(true);
  expect(schemaOf(db)).toEqual(before);
});

async function staysAsItWas(name: string, turnsMin = 3): Promise<void> {
  const db = connected();
  const before = schemaOf(db);
  const anew = new DerivedRebuild(db, `index ${name}`);
  let turns = 1;
  let answer = anew.goOn(() => true);
  for (; answer === null; turns++) answer = anew.goOn(() => true);
  expect(turns).toBeGreaterThanOrEqual(turnsMin);
  expect([answer, schemaOf(db), db.inTransaction]).toEqual([false, before, false]);
  expect(() => readThrough(db, indexIn(db, name))).toThrow("malformed");
}
