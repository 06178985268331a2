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
/** How far that has come, where triggers ask for it. */
export const PROGRESS = "made_anew_mark";
/** Those that keep it in step. */
export const TRIGGERS = {
  put: "made_anew_put",
  changed: "made_anew_changed",
  gone: "made_anew_gone",
  left: "made_anew_left",
  renewed: "made_anew_renewed",
};

/** Of one that somebody has begun who is gone. Where its table cannot go, nobody writes to that any more. Pages of a damaged one are nobody's then. */
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

/** Changes are not heard any more. */
export function dropTriggers(db: Database): void {
  for (const name of Object.values(TRIGGERS)) db.exec(`DROP TRIGGER IF EXISTS ${name}`);
  db.exec(`DROP TABLE IF EXISTS ${PROGRESS}`);
}

/** What is being made anew, between transactions of others. */
export interface Rebuild {
  /** True once it is made; it is to be called until then. */
  goOn(isOver: IsOver): boolean;
  /** Gives back what it holds besides. */
  end(): void;
}
