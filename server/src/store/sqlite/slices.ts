/** Long work of the writer is done in slices of a few rows, for some milliseconds a turn, so that no other write waits long. */

/** The longest turn, while no call waits. */
export const TURN_MS = 15;
/** Whether a turn is over; the slice under way is still finished. */
export type IsOver = () => boolean;
/** Rows that one statement removes or reads. */
export const SLICE_ROWS = 200;
/** The same of rows of up to 64 KB, such as messages and pages: a megabyte takes some 4 ms. */
export const SLICE_LARGE_ROWS = 16;

/**
 * Slice by slice until one is not full: true; false when the turn is over before. Always does one slice, so that the work comes to its
 * end.
 */
export function inSlices(isOver: IsOver, size: number, removeSlice: () => number): boolean {
  do if (removeSlice() < size) return true;
  while (!isOver());
  return false;
}
