/**
 * The reserve: a file of bytes without meaning, whose room is given up when a start finds the disk full. SQLite cannot
 * even read without a small file of its own, which it removes when the last connection is closed.
 */
import { rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { RESERVE_FILE } from "./folder.ts";

const RESERVE_BYTES = 256 << 10;
/** The files that SQLite makes to open a database take less. */
const RESERVE_BYTES_MIN = 64 << 10;

/** Writes the reserve if it is not there in full; where there is no room for all of it, a half or a quarter. */
export function layReserve(folder: string): void {
  const file = path.join(folder, RESERVE_FILE);
  const there = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  for (let bytes = RESERVE_BYTES; bytes >= RESERVE_BYTES_MIN && bytes > there; bytes /= 2) {
    try {
      writeFileSync(file, Buffer.alloc(bytes));
      return;
    } catch {
      rmSync(file, { force: true });
    }
  }
}

/** Removes the reserve. True when there was one. */
export function giveUpReserve(folder: string): boolean {
  const file = path.join(folder, RESERVE_FILE);
  const isThere = (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0;
  rmSync(file, { force: true });
  return isThere;
}
