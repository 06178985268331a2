/** What every finder of entities is written with. */
import type { Detection } from "../../detector.ts";

/**
 * Finds entities of some kinds in a text. Its expressions are bounded: no match is longer than a few hundred characters, and
 * no text makes one slow.
 */
export type Finder = (text: string) => Detection[];

const BEFORE_CHARS = 64;
const AFTER_CHARS = 24;

/** What stands right before a place, in lower case: the words that say what a number is. */
export function wordsBefore(text: string, start: number, chars = BEFORE_CHARS): string {
  return text.slice(Math.max(0, start - chars), start).toLowerCase();
}

/** What stands around a place. */
export function wordsAround(text: string, start: number, end: number): string {
  return `${wordsBefore(text, start)} ${text.slice(end, end + AFTER_CHARS).toLowerCase()}`;
}

/** Each match of an expression, or of its group `entity`, as the score of it says; 0 is none. The expression has the flags `dg`. */
export function matches(
  text: string,
  expression: RegExp,
  entity: string,
  score: (match: string, start: number, end: number) => number,
): Detection[] {
  const found: Detection[] = [];
  for (const match of text.matchAll(expression)) {
    const [start, end] = match.indices?.groups?.["entity"] ?? [match.index, match.index + match[0].length];
    const sure = score(text.slice(start, end), start, end);
    if (sure > 0) found.push({ entity, score: sure, start, end });
  }
  return found;
}
