/** Pages of a filled database are damaged by chance: what is made of it has every row that can be there, and no other. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Database } from "better-sqlite3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { complete, EVERYBODY, live, submit } from "../../suite/life.suite.ts";
import { newConversation, newTask, START } from "../../suite/new-task.suite.ts";
import { openDatabase } from "../database.ts";
import { DATABASE_FILE } from "../folder.ts";
import { MIGRATIONS, migrateInSteps } from "../migrate.ts";
import { sqliteStorage } from "../storage.ts";
import { openSqliteStore } from "../store.ts";
import { CopiedRows } from "./copied-rows.ts";
import { DatabasePages } from "./pages/database-pages.ts";

const ROUNDS = Number(process.env["WAYBILL_DAMAGED"] ?? 60);
const MENDED_ONE_IN = 20;
const TASKS = 80;
const TABLES = [
  ...["tasks", "submissions", "events", "conversations", "messages", "aliases", "task_aliases", "metadata"],
  ...["idempotency", "audit", "keys", "journal", "facts", "usage", "inbox", "spent_below", "conversation_files"],
];

let folder = "";
let whole: Buffer;
let empty: Buffer;
let tables: Map<string, Row[]>;
let pageBytes = 0;
let kinds: Map<number, string>;

/** `pages` has those that lead to it, then `own`: where it lies itself. */
type Row = { key: string; text: string; own: number[]; pages: number[] };
type Page = { pageno: number; pagetype: string; ncell: number; name: string; path: string };

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "waybill-copied-"));
  await fill();
  const file = path.join(folder, DATABASE_FILE);
  const db = openDatabase(file);
  // Pages of what is deleted, with all of it on them.
  db.pragma("secure_delete = 0");
  const add = db.prepare("INSERT INTO idempotency (scope, key, hash, task, at) VALUES (?, ?, ?, ?, ?)");
  for (let n = 0; n < 400; n++)
    add.run(n % 3 === 0 ? "here" : "gone", `key ${n * 7919}`, "h".repeat(200), `task ${n}`, n);
  db.exec("DELETE FROM idempotency WHERE scope = 'gone'");
  db.pragma("journal_mode = delete");
  pageBytes = Number(db.pragma("page_size", { simple: true }));
  const pages = db.prepare<unknown[], Page>("SELECT pageno, pagetype, ncell, name, path FROM dbstat").all();
  kinds = new Map(pages.map(({ pageno, pagetype }) => [pageno, pagetype]));
  tables = new Map(TABLES.map((table) => [table, rowsOf(db, table, pages)]));
  db.close();
  whole = await readFile(file);
  const blank = openDatabase(path.join(folder, "blank.sqlite"));
  migrateInSteps(blank, MIGRATIONS.length);
  blank.pragma("journal_mode = delete");
  empty = blank.serialize();
  blank.close();
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

async function fill(): Promise<void> {
  const store = await openSqliteStore(folder);
  for (let n = 0; n < TASKS; n++) {
    const conversation = newConversation();
    const made = newTask({ createdAt: START + n, conversation: conversation.id, metadata: { n: `value ${n % 7}` } });
    const text = "m".repeat(n % 10 === 0 ? 9000 : 20 * (n % 40));
    const task = await submit(store, made, {
      conversation: { conversation, alias: { tenant: "acme", owner: "ada", lens: "native", value: `talk ${n}` } },
      messages: [1, 2, 3].map((at) => ({ role: "user", parts: [{ text: `${at} ${text}` }] })),
    });
    if (n % 3 === 0) await live(store, task, ...complete(task, "o".repeat(n * 30)));
  }
  await store.close();
}

function rowsIn(db: Database, table: string): { key: string; text: string }[] {
  const key = db
    .prepare<unknown[], unknown>("SELECT '\"' || name || '\"' FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk")
    .pluck()
    .all(table);
  const isKeyed = db.prepare("SELECT wr FROM pragma_table_list WHERE name = ?").pluck().get(table) === 1;
  const by = isKeyed ? key.join(", ") : "rowid";
  const rows = db.prepare<unknown[], unknown[]>(
    `SELECT json_array(${by}), ${isKeyed ? "" : "rowid, "}* FROM ${table} ORDER BY ${by}`,
  );
  return rows
    .raw()
    .safeIntegers()
    .all()
    .map(([key, ...values]) => ({
      key: String(key),
      text: values.map((value) => `${typeof value} ${String(value)}`).join("|"),
    }));
}

/** Where each lies, by what SQLite itself tells of the pages. */
function rowsOf(db: Database, table: string, all: readonly Page[]): Row[] {
  const pages = new Map(all.filter(({ name }) => name === table).map((page) => [page.path, page]));
  const schema = all.filter(({ name }) => name === "sqlite_schema").map(({ pageno }) => pageno);
  const places: { own: number[]; pages: number[] }[] = [];
  const rows = rowsIn(db, table);
  const isKeyed = db.prepare("SELECT wr FROM pragma_table_list WHERE name = ?").pluck().get(table) === 1;
  const hex = (number: number, digits: number) => number.toString(16).padStart(digits, "0");
  const cell = (page: Page, at: number, above: number[]) => {
    const own = [page.pageno];
    for (let n = 0; ; n++) {
      const next = pages.get(`${page.path}${hex(at, 3)}+${hex(n, 6)}`);
      if (!next) break;
      own.push(next.pageno);
    }
    places.push({ own, pages: [...above, ...own] });
  };
  const walk = (at: string, above: number[]): void => {
    const page = pages.get(at);
    if (!page) return;
    for (let n = 0; n <= page.ncell; n++) {
      if (page.pagetype === "internal") walk(`${at}${hex(n, 3)}/`, [...above, page.pageno]);
      if (n < page.ncell && (page.pagetype === "leaf" || isKeyed)) cell(page, n, above);
    }
  };
  walk("/", schema);
  expect(places.length, table).toBe(rows.length);
  return rows.map((row, at) => ({ ...row, own: places[at]?.own ?? [], pages: places[at]?.pages ?? [] }));
}

/** The same of a seed in every run. */
function chanceOf(seed: number): (below: number) => number {
  let state = seed * 0x9e3779b9;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

type Chance = (below: number) => number;
type Damaged = { bytes: Buffer; pages: Set<number>; isPartly: boolean };

function damaged(chance: Chance, numbers: readonly number[]): Damaged {
  const bytes = Buffer.from(whole);
  const isPartly = chance(4) === 0;
  const used = [...kinds.keys()];
  for (const number of numbers) {
    const page = bytes.subarray((number - 1) * pageBytes, number * pageBytes);
    const other = used[chance(used.length)] ?? 1;
    const noise = Buffer.from(Array.from(page, () => chance(256)));
    const from = isPartly ? chance(pageBytes - 1) : 0;
    const to = isPartly ? from + 1 + chance(pageBytes - from) : pageBytes;
    const put = [
      noise,
      Buffer.alloc(pageBytes),
      Buffer.alloc(pageBytes, 0x5a),
      whole.subarray((other - 1) * pageBytes, other * pageBytes),
    ];
    put[chance(put.length)]?.copy(page, from, from, to);
  }
  return { bytes, pages: new Set(numbers), isPartly };
}

/** Any pages but the first one, which says what all others are. */
const anyPages = (chance: Chance) =>
  Array.from({ length: 1 + chance(12) }, () => 2 + chance(whole.length / pageBytes - 1));

async function compare(seed: number, db: Database, { pages, isPartly }: Damaged, isWhole: (row: Row) => boolean) {
  for (const [table, rows] of tables) {
    const copied = new Map(rowsIn(db, table).map(({ key, text }) => [key, text]));
    const there = new Map(rows.map((row) => [row.key, row]));
    const lacking = rows.filter((row) => isWhole(row) && copied.get(row.key) !== row.text).map(({ key }) => key);
    expect(lacking, `seed ${seed}: rows of ${table} that are not there, or are others`).toEqual([]);
    if (isPartly) continue;
    const strange = [...copied].filter(([key, text]) => {
      const row = there.get(key);
      return !row || (text !== row.text && !row.own.some((page) => pages.has(page)));
    });
    expect(strange, `seed ${seed}: rows of ${table} that never were`).toEqual([]);
  }
}

async function copyOf(bytes: Buffer): Promise<Database> {
  const file = path.join(folder, "damaged.sqlite");
  await writeFile(file, bytes);
  const db = openDatabase(empty);
  const pages = new DatabasePages(file);
  const rows = new CopiedRows(pages, db);
  db.pragma("foreign_keys = 0");
  const late =
    "SELECT 'DROP ' || type || ' ' || name FROM sqlite_schema WHERE type IN ('index', 'trigger') AND sql IS NOT NULL";
  for (const drop of db.prepare<unknown[], unknown>(late).pluck().all()) db.exec(String(drop));
  rows.copy(TABLES);
  pages.close();
  return db;
}

test("a database that is whole is copied whole", async () => {
  const db = await copyOf(whole);
  await compare(0, db, { bytes: whole, pages: new Set(), isPartly: false }, () => true);
  db.close();
});

test("every row is there whose page is whole, and each that leads to it, and none that was deleted or never was", async () => {
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const chance = chanceOf(seed);
    const damage = damaged(chance, anyPages(chance));
    const db = await copyOf(damage.bytes);
    await compare(seed, db, damage, ({ pages }) => !pages.some((page) => damage.pages.has(page)));
    db.close();
  }
});

test("every row is there whose own page is whole, though one that led to it is not, where the list of free pages is whole", async () => {
  const inner = [...kinds].filter(([page, kind]) => kind === "internal" && page > 1).map(([page]) => page);
  for (const [at, page] of inner.entries()) {
    const damage = damaged(chanceOf(at), [page]);
    const db = await copyOf(damage.bytes);
    await compare(at, db, damage, ({ own }) => !own.some((each) => damage.pages.has(each)));
    db.close();
  }
});

/** Pages of a table between its root and its leaves, and the root. */
const innerOf = (db: Database, table: string) =>
  db
    .prepare<unknown[], number>("SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'internal' ORDER BY path")
    .pluck()
    .all(table);

function idempotencyIn(db: Database): string[] {
  return rowsIn(db, "idempotency").map(({ key }) => key);
}

test("what was deleted stays so where the list of free pages is damaged, though a page that led to others is too", async () => {
  const bytes = Buffer.from(whole);
  const db = openDatabase(Buffer.from(whole));
  const [root = 0] = innerOf(db, "idempotency");
  db.close();
  bytes.fill(0, (root - 1) * pageBytes, root * pageBytes);
  const withList = await copyOf(bytes);
  expect(idempotencyIn(withList).length).toBeGreaterThan(50);
  expect(idempotencyIn(withList).filter((key) => key.includes("gone"))).toEqual([]);
  const trunk = bytes.readUInt32BE(32);
  expect(trunk).toBeGreaterThan(0);
  for (const harm of [
    () => bytes.writeUInt32BE(0, 32),
    () => bytes.fill(0x5a, (trunk - 1) * pageBytes, trunk * pageBytes),
  ]) {
    harm();
    const without = await copyOf(bytes);
    expect(idempotencyIn(without)).toEqual([]);
    without.close();
  }
  withList.close();
});

test("what was deleted stays so where a page is as it was before, and leads to pages that are free now", async () => {
  const db = openDatabase(empty);
  db.pragma("secure_delete = fast");
  const add = db.prepare(
    "INSERT INTO audit (n, tenant, at, user, key_id, act, detail) VALUES (?, 'acme', 1, 'ada', 'k', 'read', ?)",
  );
  for (let n = 1; n <= 500; n++) add.run(n, "d".repeat(300));
  const older = db.serialize();
  db.exec("DELETE FROM audit WHERE n BETWEEN 101 AND 400");
  const bytes = db.serialize();
  const [root = 0] = innerOf(db, "audit");
  db.close();
  expect(root).toBeGreaterThan(0);
  older.copy(bytes, (root - 1) * pageBytes, (root - 1) * pageBytes, root * pageBytes);
  const copy = await copyOf(bytes);
  const numbers = copy.prepare<unknown[], number>("SELECT n FROM audit").pluck().all();
  expect(numbers.filter((n) => n > 100 && n <= 400)).toEqual([]);
  expect(numbers.length).toBeGreaterThan(150);
  copy.close();
});

test("a page that another one was written over by is not read in its place", async () => {
  const free = Array.from({ length: whole.length / pageBytes }, (_, at) => at + 1).filter(
    (number) => !kinds.has(number),
  );
  const pageAt = (number: number) => whole.subarray((number - 1) * pageBytes, number * pageBytes);
  const gone = free.find((number) => pageAt(number)[0] === 10 && pageAt(number).includes("gone")) ?? 0;
  expect(gone).toBeGreaterThan(0);
  const bytes = Buffer.from(whole);
  const own = tables.get("idempotency")?.at(-1)?.own[0] ?? 0;
  pageAt(gone).copy(bytes, (own - 1) * pageBytes);
  const copy = await copyOf(bytes);
  expect(idempotencyIn(copy).filter((key) => key.includes("gone"))).toEqual([]);
  copy.close();
});

test("of two pages that nothing leads to, with rows in the same place, neither is taken", async () => {
  const db = openDatabase(Buffer.from(whole));
  const [root = 0] = innerOf(db, "tasks");
  const leaf = Number(
    db
      .prepare("SELECT pageno FROM dbstat WHERE name = 'tasks' AND pagetype = 'leaf' AND path LIKE '%2/'")
      .pluck()
      .get(),
  );
  db.close();
  const bytes = Buffer.concat([whole, whole.subarray((leaf - 1) * pageBytes, leaf * pageBytes)]);
  bytes.fill(0, (root - 1) * pageBytes, root * pageBytes);
  const copy = await copyOf(bytes);
  const there = tables.get("tasks") ?? [];
  expect(rowsIn(copy, "tasks")).toEqual(
    there.filter(({ own }) => !own.includes(leaf)).map(({ key, text }) => ({ key, text })),
  );
  copy.close();
});

test("what is made anew of it is sound, starts, and goes on", async () => {
  for (let seed = 1; seed <= ROUNDS / MENDED_ONE_IN; seed++) {
    const chance = chanceOf(seed);
    const own = path.join(folder, `mended-${seed}`);
    await mkdir(own);
    await writeFile(path.join(own, DATABASE_FILE), damaged(chance, anyPages(chance)).bytes);
    const storage = sqliteStorage(own);
    await storage.mend();
    expect((await storage.health()).problems, `seed ${seed}`).toEqual([]);
    const store = await openSqliteStore(own);
    await submit(store, newTask());
    expect((await store.list(EVERYBODY, {}, { limit: 200 })).tasks.length).toBeGreaterThan(0);
    expect(await store.check()).toEqual([]);
    await store.close();
  }
});
