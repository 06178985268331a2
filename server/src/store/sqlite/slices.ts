/** How what may be much is removed: a few rows at a time, for some milliseconds, so that nobody who writes waits long. */

/** No slice is begun after this. */
export const TURN_MS = 15;
/** Rows that one statement removes, or looks at. */
export const SLICE_ROWS = 200;
/** The same of rows of up to 64 KB, such as messages and pages: a megabyte takes some 4 ms. */
export const SLICE_LARGE_ROWS = 16;

/** Slice by slice until one is not full; false when the turn is over before. */
export function inSlices(until: number, size: number, removeSlice: () => number): boolean {
  while (performance.now() < until) if (removeSlice() < size) return true;
  return false;
}
