/**
 * The rows that a backup of a damaged database lacks. They are listed in its copy of the database, as older versions would refuse a
 * manifest of another form.
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

/** Empty where the list is of another backup, from which the database was once restored, or was not written by us. */
export function leftOutOf(database: string, backup: string | undefined): Lost[] {
  const find = (db: Database) =>
    db.prepare<unknown[], unknown>("SELECT value FROM facts WHERE name = ?").pluck().get(FACT);
  const said = leftOut.safeParse(jsonIn(String(withDatabase(database, find, { readonly: true }))));
  return said.success && said.data.backup === backup ? said.data.lost : [];
}
