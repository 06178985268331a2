/**
 * Changes of `sqlite_schema` itself. SQLite cannot drop a table or index that it cannot read: its entry is removed here, or is made to name the
 * root page of another one. The pages of the former one are orphans until the database is written anew by `VACUUM` or `doctor --mend`: they are
 * not freed, since what a damaged page points to may belong to another table.
 */
import type { Database } from "better-sqlite3";
import { textIn } from "../column.ts";
import { HAS_ORPHAN_PAGES } from "../doctor/pages/database-pages.ts";

/**
 * Runs `change` in a transaction that may write to `sqlite_schema`, and notes in the database's header that it has orphan pages. The connection
 * reads the schema again afterwards, also where `change` throws.
 */
export function onSchema(db: Database, change: () => void): void {
  db.unsafeMode(true);
  try {
    db.pragma("writable_schema = ON");
    db.transaction(() => {
      change();
      db.pragma(`application_id = ${HAS_ORPHAN_PAGES}`);
    }).immediate();
  } finally {
    db.pragma("writable_schema = RESET");
    db.unsafeMode(false);
  }
}

/** Within `onSchema`: the table or index `name` gets the root page of the shadow, whose own entry goes. */
export function swapIn(db: Database, shadow: string, name: string): void {
  db.prepare<unknown[]>(
    "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = ?) WHERE name = ?",
  ).run(shadow, name);
  db.prepare<unknown[]>("DELETE FROM sqlite_schema WHERE name = ?").run(shadow);
}

/** Removes the entries `names`, tables with all that belongs to them, creates them empty by `sql`, and fills them by `fill`: in one transaction. */
export function rebuildTables(db: Database, names: readonly string[], sql: string, fill: () => void): void {
  onSchema(db, () => {
    const strike = db.prepare<unknown[]>("DELETE FROM sqlite_schema WHERE name = ?");
    for (const name of names) strike.run(name);
    db.pragma("writable_schema = RESET");
    db.exec(sql);
    fill();
  });
}

export function sqlOf(db: Database, table: string): string {
  return textIn(db.prepare<unknown[], unknown>("SELECT sql FROM sqlite_schema WHERE name = ?").pluck().get(table));
}
