/** Where pages are lacking, and what lies there. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Gaps } from "./gaps.ts";
import { FIRST, LAST } from "./key.ts";

const at = fc.integer({ min: 0, max: 25 }).map((n) => (n === 0 ? FIRST : n === 25 ? LAST : `\u0001${n + 10}`));
const pair = fc.tuple(at, at).map(([one, other]) => (one < other ? [one, other] : [other, one]));
const span = pair.map(([low = FIRST, high = LAST]) => ({ low, high }));

test("what lies within one gap does, whatever others begin before it or go on behind it, and what lies in two of them does not", () => {
  fc.assert(
    fc.property(fc.array(span, { maxLength: 6 }), fc.array(span, { minLength: 9, maxLength: 9 }), (spans, asked) => {
      const gaps = new Gaps();
      for (const each of spans.slice(1)) gaps.add(each);
      gaps.has(FIRST, LAST);
      for (const each of spans.slice(0, 1)) gaps.add(each);
      expect(gaps.areThere).toBe(spans.length > 0);
      for (const { low: first, high: last } of asked)
        expect(gaps.has(first, last)).toBe(spans.some(({ low, high }) => low < first && last <= high));
    }),
    { numRuns: 1_000 },
  );
});
