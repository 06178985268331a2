/** Why a chunk was found: where in its text the words of the question stand. */
import { eachTerm } from "./terms.ts";

export type Range = { start: number; end: number };

/** Of one text. */
const RANGES_MAX = 100;
/** `wanted` are the terms of the question. In the order of the text; those that touch or overlap are one. In UTF-16 units. */
export function highlightsOf(text: string, wanted: ReadonlySet<string>): Range[] {
  const found: Range[] = [];
  const beginnings = new Set(Array.from(wanted, (term) => term.charCodeAt(0)));
  const hear = (term: string, start: number, end: number) => {
    if (wanted.has(term)) found.push({ start, end });
  };
  eachTerm(text, hear, (unit) => beginnings.has(unit));
  found.sort((a, b) => a.start - b.start || b.end - a.end);
  const ranges: Range[] = [];
  for (const range of found) {
    const last = ranges.at(-1);
    if (last && range.start <= last.end) last.end = Math.max(last.end, range.end);
    else if (ranges.length < RANGES_MAX) ranges.push({ ...range });
  }
  return ranges;
}
