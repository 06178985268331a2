/** A consistent copy of a database in one file, made while others write to it. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import type { Database } from "better-sqlite3";
import { withDatabase } from "../database.ts";

export function copyDatabase(from: string, to: string): void {
  withDatabase(from, (db) => copyInto(db, to), { readonly: true });
}

/** Either the whole copy appears under its name, on disk, or nothing does. Writers go on meanwhile. */
export function copyInto(db: Database, to: string): void {
  const partial = `${to}.partial`;
  rmSync(partial, { force: true });
  db.prepare<unknown[]>("VACUUM INTO ?").run(partial);
  sync(partial);
  renameSync(partial, to);
  if (process.platform !== "win32") sync(path.dirname(to));
}

function sync(target: string): void {
  const handle = openSync(target, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
