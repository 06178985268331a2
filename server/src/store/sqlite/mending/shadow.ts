/**
 * What every rebuild beside other writes has in common. A shadow table is filled in slices and kept in step by triggers; then it, or an
 * index of it, takes the place of the damaged one in the schema. There is one at a time in a database.
 */
import type { Database } from "better-sqlite3";
import { isCorrupt } from "../database.ts";
import type { IsOver } from "../slices.ts";
import { onSchema } from "./schema-edits.ts";

/** Its name in the database, from which a start knows one that a killed process has left. */
export const SHADOW = "made_anew";
/** The table that says how far the walk has come, where triggers need to know. */
export const PROGRESS = "made_anew_mark";
/** Those that keep it in step. */
export const TRIGGERS = {
  put: "made_anew_put",
  changed: "made_anew_changed",
  gone: "made_anew_gone",
  left: "made_anew_left",
  renewed: "made_anew_renewed",
};

/**
 * Drops what an earlier rebuild has left, also one of a process that died. Triggers go first, in a commit of their own: where the table cannot
 * be dropped, nothing is written to it any more. A damaged table is removed from the schema alone, and its pages are orphans.
 */
export function dropShadow(db: Database): void {
  const isThere = db.prepare<unknown[]>("SELECT 1 FROM sqlite_schema WHERE name = ?").get(SHADOW);
  if (!isThere) return;
  try {
    db.transaction(() => dropTriggers(db)).immediate();
    db.transaction(() => db.exec(`DROP TABLE ${SHADOW}`)).immediate();
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    onSchema(db, () => db.exec(`DELETE FROM sqlite_schema WHERE name GLOB '${SHADOW}*' OR tbl_name = '${SHADOW}'`));
  }
}

export function dropTriggers(db: Database): void {
  for (const name of Object.values(TRIGGERS)) db.exec(`DROP TRIGGER IF EXISTS ${name}`);
  db.exec(`DROP TABLE IF EXISTS ${PROGRESS}`);
}

/** A rebuild under way, in slices between the transactions of others. Called outside a transaction. */
export interface Rebuild {
  /** The next slices, until `isOver`. True once it is done; call it until then. Throws where it cannot read rows that it needs, or the disk is full. */
  goOn(isOver: IsOver): boolean;
  /** Closes what it holds open. */
  end(): void;
}
