/**
 * The mark that a server leaves beside a database whose damage has refused what was to be added: the next start makes that anew, though
 * a look at the ends of its tables finds nothing.
 */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { REFUSED_FILE } from "./folder.ts";

/** As far as the disk takes it. */
export function leaveMark(folder: string): void {
  try {
    writeFileSync(path.join(folder, REFUSED_FILE), "");
  } catch {
    // The next one that is refused leaves it again after a start.
  }
}

export function isMarked(folder: string): boolean {
  return existsSync(path.join(folder, REFUSED_FILE));
}

export function removeMark(folder: string): void {
  rmSync(path.join(folder, REFUSED_FILE), { force: true });
}
