/**
 * The reserve: a file of bytes without meaning, whose room is given up when a start finds the disk full. SQLite cannot
 * even read without a small file of its own, which it removes when the last connection is closed.
 */
import { rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { RESERVE_FILE } from "./folder.ts";

/** The files that SQLite makes to open a database take less than a quarter of it. */
const RESERVE_BYTES = 256 << 10;

/** Lays it by, if there is room and it is not there. */
export function layReserve(folder: string): void {
  const file = path.join(folder, RESERVE_FILE);
  if (statSync(file, { throwIfNoEntry: false })?.size === RESERVE_BYTES) return;
  try {
    writeFileSync(file, Buffer.alloc(RESERVE_BYTES));
  } catch {
    rmSync(file, { force: true });
  }
}

/** True when there was one, and its room is free. */
export function giveUpReserve(folder: string): boolean {
  const file = path.join(folder, RESERVE_FILE);
  const isThere = (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0;
  rmSync(file, { force: true });
  return isThere;
}
