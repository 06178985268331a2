/** How what may be much is removed: a few rows at a time, for some milliseconds, so that nobody who writes waits long. */

/** A turn lasts no longer, where nobody waits for its end. */
export const TURN_MS = 15;
/** Whether a turn is over: it ends behind the slice that is under way. */
export type IsOver = () => boolean;
/** Rows that one statement removes, or looks at. */
export const SLICE_ROWS = 200;
/** The same of rows of up to 64 KB, such as messages and pages: a megabyte takes some 4 ms. */
export const SLICE_LARGE_ROWS = 16;

/** Slice by slice until one is not full; false when the turn is over before. One is always removed, so that it comes to its end. */
export function inSlices(isOver: IsOver, size: number, removeSlice: () => number): boolean {
  do if (removeSlice() < size) return true;
  while (!isOver());
  return false;
}
