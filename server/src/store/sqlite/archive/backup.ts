/** A consistent copy of a database in one file, made while others write to it. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import path from "node:path";
import type { Database } from "better-sqlite3";
import { withDatabase } from "../database.ts";

/** Offset of `application_id` in the first page. */
const CALLED_AT = 68;
const NO_NAME = Buffer.alloc(4);

export function copyDatabase(from: string, to: string): void {
  withDatabase(from, (db) => copyInto(db, to), { readonly: true });
}

/** Either the whole copy appears under its name, on disk, or nothing does. Writers go on meanwhile. */
export function copyInto(db: Database, to: string): void {
  const partial = `${to}.partial`;
  rmSync(partial, { force: true });
  db.prepare<unknown[]>("VACUUM INTO ?").run(partial);
  callNothing(partial);
  renameSync(partial, to);
  if (process.platform !== "win32") sync(path.dirname(to));
}

/** Removes the mark `HAS_ORPHAN_PAGES`, which came from the original: a copy has no orphan pages. */
function callNothing(copy: string): void {
  const handle = openSync(copy, "r+");
  try {
    writeSync(handle, NO_NAME, 0, NO_NAME.length, CALLED_AT);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function sync(target: string): void {
  const handle = openSync(target, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
