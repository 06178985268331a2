/**
 * The mark that a server leaves beside a database whose damage has refused a write: the next start rebuilds the database, even if the
 * ends of its tables are whole.
 */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { REFUSED_FILE } from "./folder.ts";

export function leaveMark(folder: string): void {
  if (isMarked(folder)) return;
  try {
    writeFileSync(path.join(folder, REFUSED_FILE), "");
  } catch {
    // The disk has no room, for instance. The next refusal tries again.
  }
}

export function isMarked(folder: string): boolean {
  return existsSync(path.join(folder, REFUSED_FILE));
}

export function removeMark(folder: string): void {
  rmSync(path.join(folder, REFUSED_FILE), { force: true });
}
