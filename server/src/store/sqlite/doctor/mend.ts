/**
 * Makes a database anew from all rows of it that can be read. What is made from rows is made anew too: every index, that of
 * texts, and what is counted. The old one stays as it was, beside it.
 */
import { copyFile, link, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import path from "node:path";
import type { Database } from "better-sqlite3";
import { syncFolder } from "../../folder-files.ts";
import type { Lost, Mended } from "../../storage.ts";
import { openDatabase } from "../database.ts";
import { ASIDE_PREFIX, DATABASE_FILE, INDEX_FILE } from "../folder.ts";
import { MIGRATIONS, migrateInSteps } from "../migrate.ts";
import { REFERRING } from "../tasks/task-removal.ts";
import { KEPT_BYTES, MEMBER_COLUMNS, MEMBER_COUNTS, TOTALS } from "./check.ts";
import { ReadableRows, type Table } from "./readable-rows.ts";

/** From here on everything is counted that is counted now. */
const SCHEMA_MIN = 28;

/** Whoever calls it has the folder to himself. */
export async function mend(folder: string): Promise<Mended> {
  const there = path.join(folder, DATABASE_FILE);
  // Where restores work too, of which the next one removes what a crash has left.
  const staging = await mkdtemp(path.join(folder, "restore-"));
  try {
    const made = path.join(staging, DATABASE_FILE);
    const lost = copyReadable(there, made);
    const aside = path.join(folder, `${ASIDE_PREFIX}${new Date().toISOString().replaceAll(/[:.]/g, "-")}`);
    await mkdir(aside);
    const kept = path.join(aside, DATABASE_FILE);
    await link(there, kept).catch(() => copyFile(there, kept));
    // At once: there is a database at every moment.
    await rename(made, there);
    await rm(path.join(folder, INDEX_FILE), { force: true });
    await syncFolder(folder);
    return { lost, aside };
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

function copyReadable(from: string, to: string): Lost[] {
  const old = openDatabase(from);
  const db = openDatabase(to);
  try {
    old.pragma("wal_checkpoint(TRUNCATE)");
    const schema = Number(old.pragma("user_version", { simple: true }));
    if (schema < SCHEMA_MIN || schema > MIGRATIONS.length)
      throw new Error(`it has the schema ${schema}, and one of ${SCHEMA_MIN} to ${MIGRATIONS.length} can be made anew`);
    // A damaged page may be what keeps a start from bringing it up to date: the next one does.
    migrateInSteps(db, schema);
    // What rows were once let in with is no reason to lose them.
    db.pragma("foreign_keys = 0");
    db.pragma("ignore_check_constraints = 1");
    const lost = withoutLateParts(db, () => tablesOf(db).flatMap((table) => copyTable(old, db, table)));
    db.transaction(() => {
      goOnCounting(old, db);
      settle(db);
    })();
    db.pragma("wal_checkpoint(TRUNCATE)");
    return lost;
  } finally {
    db.close();
    old.close();
  }
}

/** Indexes are made quicker of all rows at once, and triggers have done their work on these rows. */
function withoutLateParts<Result>(db: Database, act: () => Result): Result {
  const late = db
    .prepare<unknown[], { type: string; name: string; sql: string }>(
      "SELECT type, name, sql FROM sqlite_schema WHERE type IN ('index', 'trigger') AND sql IS NOT NULL",
    )
    .all();
  for (const { type, name } of late) db.exec(`DROP ${type} ${name}`);
  const result = act();
  for (const { sql } of late) db.exec(sql);
  return result;
}

function tablesOf(db: Database): Table[] {
  const names = db
    .prepare<unknown[], { name: string; wr: number }>(
      "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT GLOB 'sqlite_*'",
    )
    .all();
  return names.map(({ name, wr }) => {
    const columns = db
      .prepare<[string], { name: string; type: string; pk: number }>("SELECT name, type, pk FROM pragma_table_info(?)")
      .all(name);
    const key = columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
    return {
      name,
      columns: columns.map((column) => `"${column.name}"`),
      key: wr === 1 ? key.map((column) => `"${column.name}"`) : ["rowid"],
      isNumbered: wr === 0 || key[0]?.type === "INTEGER",
    };
  });
}

function copyTable(old: Database, db: Database, table: Table): Lost[] {
  const insert = db.prepare<unknown[]>(
    `INSERT OR IGNORE INTO ${table.name} (${table.columns.join(", ")}) VALUES (${table.columns.map(() => "?").join(", ")})`,
  );
  const copy = db.transaction(() => new ReadableRows(old, table, (row) => insert.run(...row)).read());
  const lost = copy();
  return lost.rows > 0 || lost.pages ? [{ table: table.name, ...lost }] : [];
}

/** No number is given twice, of what went neither. */
function goOnCounting(old: Database, db: Database): void {
  const rise = db.prepare<unknown[]>("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?");
  const insert = db.prepare<unknown[]>("INSERT INTO sqlite_sequence (seq, name) VALUES (?, ?)");
  const sequences: Table = { name: "sqlite_sequence", columns: ["seq", "name"], key: ["rowid"], isNumbered: true };
  new ReadableRows(old, sequences, (row) => {
    if (rise.run(...row).changes === 0) insert.run(...row);
  }).read();
}

/** What rows that are lost have left, and what is counted. */
function settle(db: Database): void {
  for (const [table, column] of REFERRING)
    db.exec(`DELETE FROM ${table} WHERE task IS NOT NULL AND task NOT IN (SELECT ${column} FROM tasks)`);
  db.exec("UPDATE tasks SET conversation = NULL WHERE conversation NOT IN (SELECT id FROM conversations)");
  for (const { name } of tablesOf(db)) {
    const references = db
      .prepare<[string], { table: string; from: string; to: string }>(
        `SELECT "table", "from", "to" FROM pragma_foreign_key_list(?)`,
      )
      .all(name);
    for (const { table, from, to } of references)
      db.exec(`DELETE FROM ${name} WHERE ${from} NOT IN (SELECT ${to} FROM ${table})`);
  }
  db.exec(`UPDATE vector_stores SET ${MEMBER_COLUMNS} = ${MEMBER_COUNTS}`);
  db.exec(`DELETE FROM totals; INSERT INTO totals (tenant, owner, span, bucket, kind, state, count) ${TOTALS}`);
  db.exec(`DELETE FROM stored_bytes; INSERT INTO stored_bytes (tenant, owner, bytes)
    WITH kept AS (${KEPT_BYTES})
    SELECT tenant, '', sum(bytes) FROM kept GROUP BY tenant UNION ALL SELECT tenant, '=' || user, bytes FROM kept`);
  // The index of texts is filled again behind the next start.
  db.exec("INSERT OR REPLACE INTO search_progress (one, n) VALUES (1, 0)");
}
