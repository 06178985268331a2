import fc from "fast-check";
import { expect, test } from "vitest";
import { Segmenter, segmentsOf } from "./segments.ts";

const texts = (text: string) => segmentsOf(text).map((segment) => segment.text.trim());

test("a text is cut where its sentences end", () => {
  expect(texts("It rains. Really? Yes! 「本当ですか。」はい。そうです。")).toEqual([
    "It rains.",
    "Really?",
    "Yes!",
    "「本当ですか。」",
    "はい。",
    "そうです。",
  ]);
  expect(texts("Two parts:\n- one\n- two\n\nThe end")).toEqual(["Two parts:", "- one", "- two", "The end"]);
});

test.each([
  "Dr. Anna J. Schmidt met J. R. R. Tolkien in St. Gallen at Musterstr. 12.",
  "She was born on 12. März 1980 there.",
  "His card is 4111 1111\n1111 1111 still.",
  "It is +49 30.\n1234567 again.",
  "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIE. Abc\n\nxyz\n-----END RSA PRIVATE KEY-----",
])("no name, date, number or key is cut: %s", (text) => {
  expect(segmentsOf(text)).toHaveLength(1);
});

const pieces = fc.array(
  fc.oneof(
    fc.constantFrom(
      ". ",
      "! ",
      "\n",
      "\n\n",
      " ",
      "。",
      "Dr. ",
      "12. ",
      "a",
      "Zoë",
      "😀",
      "4111 ",
      ":\n- ",
      "-----BEGIN PRIVATE KEY-----\n",
    ),
    fc.string({ maxLength: 30, unit: "grapheme" }),
    fc.string({ minLength: 2_000, maxLength: 6_000, unit: fc.constantFrom("a", "b", "1", "😀") }),
  ),
  { maxLength: 30 },
);

test("the cuts lie at the same places however a text arrives, nothing is lost, and no piece is long", () => {
  fc.assert(
    fc.property(pieces, fc.array(fc.nat({ max: 700 }), { minLength: 1, maxLength: 50 }), (parts, lengths) => {
      const text = parts.join("");
      const whole = segmentsOf(text);
      const segmenter = new Segmenter();
      const streamed = [];
      for (let at = 0, n = 0; at < text.length; n++) {
        const end = at + 1 + (lengths[n % lengths.length] ?? 0);
        streamed.push(...segmenter.push(text.slice(at, end)));
        at = end;
      }
      streamed.push(...segmenter.end());
      expect(streamed).toEqual(whole);
      expect(whole.map((segment) => segment.text).join("")).toBe(text);
      expect(Math.max(0, ...whole.map((segment) => segment.text.length))).toBeLessThanOrEqual(4_096 + 8);
    }),
    { numRuns: 500 },
  );
});

test("a text without an end is cut within no character", () => {
  for (const before of [4_094, 4_095, 4_096]) {
    const text = `${"x".repeat(before)}${"😀".repeat(3_000)}`;
    const segments = segmentsOf(text).map((segment) => segment.text);
    expect(segments.join("")).toBe(text);
    expect(segments.filter((segment) => !segment.isWellFormed())).toEqual([]);
  }
});
