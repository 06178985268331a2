/** How far a reader may be ahead of whoever takes its pages. */

/** Pages that are sent before the first of them was taken. */
const PAGES_AHEAD_MAX = 8;
/** Of those pages: one more is sent while they have fewer. */
const CHARACTERS_AHEAD_MAX = 1_000_000;

/** No more is sent before one of these pages, known by their lengths, was taken. */
export function isFull(lengths: readonly number[]): boolean {
  const characters = lengths.reduce((sum, length) => sum + length, 0);
  return lengths.length >= PAGES_AHEAD_MAX || characters >= CHARACTERS_AHEAD_MAX;
}
