import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bestOf } from "./best.ts";
import { clustered } from "./clusters.ts";
import { eachProduct } from "./dot-products.ts";
import { encodePostings, Postings, SLICE_CHUNKS } from "./postings.ts";
import { quantised } from "./quantised.ts";
import { bucketOf, type MergedSlice, mergedLists, TermLists } from "./term-lists.ts";
import { hashOf } from "./terms.ts";

function finished<Value>(steps: Generator<unknown, Value>): Value {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

describe("merged lists", () => {
  const words = ["pump", "lid", "seal", "olig", "nowher"];

  test("have each term of each chunk as often as its slice has it", () => {
    const text = fc.array(fc.constantFrom(...words.slice(0, 4)), { maxLength: 9 }).map((some) => some.join(" "));
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 100 }), (texts) => {
        const slices: MergedSlice[] = [];
        for (let first = 0; first < texts.length; first += SLICE_CHUNKS) {
          const own = texts.slice(first, first + SLICE_CHUNKS);
          slices.push({ first, postings: new Postings(encodePostings(new Map(own.entries()))) });
        }
        const buckets = new Map([...mergedLists(() => slices)].filter((step) => step !== null));
        const everyone = new Uint8Array(texts.length).fill(1);
        const free = new Float32Array(texts.length);
        for (const word of words) {
          const encoded = buckets.get(bucketOf(hashOf(word)));
          const scores = new Float32Array(texts.length);
          const lists = encoded && new TermLists(encoded);
          const term = lists?.find(hashOf(word)) ?? -1;
          // Nothing is paid for length, and so each chunk that has the word gets all of its rarity.
          if (lists && term >= 0) lists.addScores(term, 1, 0, free, scores);
          const expected = texts.map((each) => (each.split(" ").includes(word) ? 1 : 0));
          expect([...scores]).toEqual(expected);
          const having = lists && term >= 0 ? lists.having(term, 0, everyone) : 0;
          expect(having).toBe(expected.filter((one) => one === 1).length);
        }
      }),
    );
  });
});

describe("lists of vectors", () => {
  test("hold what lies together, and the same each time", () => {
    const directions = Array.from({ length: 25 }, (_, n) =>
      Float32Array.from({ length: 32 }, (_, at) => Math.sin((n + 1) * (at + 1) * 1.7)),
    );
    const rows = new Int8Array(625 * 32);
    for (let row = 0; row < 625; row++) {
      const vector =
        directions[row % 25]?.map((value, at) => value + 0.05 * Math.cos(row * at)) ?? new Float32Array(32);
      rows.set(quantised(vector), row * 32);
    }
    const { listOf, middles } = finished(clustered(rows, 32));
    const directionsOf = Map.groupBy(listOf.keys(), (row) => listOf[row]);
    expect(directionsOf.size).toBeGreaterThan(15);
    for (const rows of directionsOf.values()) expect(new Set(rows.map((row) => row % 25)).size).toBeLessThanOrEqual(4);
    expect(finished(clustered(rows, 32))).toEqual({ listOf, middles });
  });

  test("are made of any vectors, also of none and of zeros", () => {
    for (const rows of [0, 1, 2, 3, 70]) {
      expect(finished(clustered(new Int8Array(rows * 8), 8)).listOf).toHaveLength(rows);
    }
  });
});

test("products of bytes are exact, whatever the numbers, dimensions and rows", () => {
  const byte = fc.integer({ min: -128, max: 127 });
  const rows = fc
    .integer({ min: 1, max: 70 })
    .chain((dimensions) =>
      fc.tuple(
        fc.array(byte, { minLength: dimensions, maxLength: dimensions }),
        fc.array(fc.array(byte, { minLength: dimensions, maxLength: dimensions }), { maxLength: 40 }),
      ),
    );
  fc.assert(
    fc.property(rows, ([question, rows]) => {
      const products: number[] = [];
      eachProduct(Int8Array.from(rows.flat()), Int8Array.from(question), (row, product) => {
        products[row] = product;
      });
      expect(products).toEqual(rows.map((row) => row.reduce((sum, value, at) => sum + value * (question[at] ?? 0), 0)));
    }),
  );
});

test("products of more rows than go in one turn are each of their own row", () => {
  const dimensions = 3;
  const count = 2_000_000;
  const rows = new Int8Array(count * dimensions);
  for (let row = 0; row < count; row++) rows[row * dimensions] = row % 100;
  let wrong = 0;
  eachProduct(rows, Int8Array.of(2, 5, 7), (row, product) => {
    if (product !== 2 * (row % 100)) wrong += 1;
  });
  expect(wrong).toBe(0);
});

test("the best are those of a whole sort, of equals the one that comes first", () => {
  const scores = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 60 });
  fc.assert(
    fc.property(scores, fc.integer({ min: 1, max: 20 }), (scores, limit) => {
      // Later ones come first here.
      const sorted = [...scores.keys()].sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || b - a);
      const expected = sorted.filter((at) => (scores[at] ?? 0) >= 1).slice(0, limit);
      expect(bestOf(Float32Array.from(scores), limit, 1, (chunk) => -chunk)).toEqual(expected);
    }),
  );
});
