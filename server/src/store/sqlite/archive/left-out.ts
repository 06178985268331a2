/**
 * What a backup of a damaged database was made without. It stands in its copy of the database: a list of another form
 * would be refused by older versions.
 */
import type { Database } from "better-sqlite3";
import { z } from "zod";
import { jsonIn } from "../../../task/json/json-words.ts";
import type { Lost } from "../../storage.ts";
import { withDatabase } from "../database.ts";

const FACT = "left_out_of_backup";

const leftOut = z.object({
  backup: z.string(),
  lost: z.array(z.object({ table: z.string().regex(/^\w+$/), rows: z.int(), pages: z.boolean() })),
});

export function noteLeftOut(database: string, backup: string, lost: readonly Lost[]): void {
  const fact = JSON.stringify({ backup, lost });
  withDatabase(database, (db) => {
    db.prepare<unknown[]>("INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)").run(FACT, fact);
    db.pragma("wal_checkpoint(TRUNCATE)");
  });
}

/** Nothing where the database says it of another backup, which it was restored from once, or what none of ours has written. */
export function leftOutOf(database: string, backup: string | undefined): Lost[] {
  const find = (db: Database) =>
    db.prepare<unknown[], unknown>("SELECT value FROM facts WHERE name = ?").pluck().get(FACT);
  const said = leftOut.safeParse(jsonIn(String(withDatabase(database, find, { readonly: true }))));
  return said.success && said.data.backup === backup ? said.data.lost : [];
}
