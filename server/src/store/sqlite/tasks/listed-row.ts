/**
 * The row of a task for a list: long values are cut to their beginnings, and large details left out. Cut here and not by SQLite: the
 * expressions for that took as long as the rest of the row, of which nearly all have nothing to cut.
 */
import { markerText } from "../../codec/marker.ts";
import { TASK_COLUMN_NAMES } from "./task-columns.ts";

/** Values up to this many bytes are whole in a list; of longer ones it shows the beginning. */
const LISTED_BYTES_MAX = 2_000;
/** Details beyond this are not given to a list, which shows none. */
const LISTED_RECORD_BYTES_MAX = 8_000;
/** Replaces the hash in the marker of a file: it names no file. */
const NO_FILE = "0".repeat(64);

const RECORD = TASK_COLUMN_NAMES.indexOf("t.record");
const VALUES = [TASK_COLUMN_NAMES.indexOf("t.output"), TASK_COLUMN_NAMES.indexOf("s.input")];

/** Null stays null. */
export function listedRow(row: unknown[] | null): unknown[] | null {
  if (row === null) return null;
  const record = row[RECORD];
  if (isLonger(record, LISTED_RECORD_BYTES_MAX)) row[RECORD] = withoutDetails(record);
  for (const at of VALUES) {
    const value = row[at];
    // The row of a value in a file has the beginning of the value.
    if (isLonger(value, LISTED_BYTES_MAX) && !value.startsWith("@"))
      row[at] = markerText(NO_FILE, Buffer.byteLength(value), value);
  }
  return row;
}

function isLonger(value: unknown, bytesMax: number): value is string {
  // A UTF-16 unit takes three bytes at most.
  return typeof value === "string" && value.length * 3 > bytesMax && Buffer.byteLength(value) > bytesMax;
}

/** Invalid JSON is left for the reader of the row to find. */
function withoutDetails(record: string): string {
  try {
    const { details: _, ...others }: Record<string, unknown> = JSON.parse(record);
    return JSON.stringify(others);
  } catch {
    return record;
  }
}
