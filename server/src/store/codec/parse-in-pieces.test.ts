import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseInPieces } from "./parse-in-pieces.ts";

const long = 'ab"\n\\'.repeat(300_000);
const VALUES: Record<string, unknown> = {
  "a short one": { a: [1, null, "x"], b: {}, c: [], d: "" },
  "a number": 12.5,
  "a long text": long,
  "a text of characters of two, three and four bytes": `x${"ä€💣".repeat(400_000)}`,
  "a text of escapes": "\u0001\u001f".repeat(300_000),
  "escapes between characters of four bytes": "\t💣".repeat(150_000),
  "a text of backslashes": "\\".repeat(1_000_001),
  "many numbers": Array.from({ length: 300_000 }, (_, n) => n / 3),
  "many empty lists": Array.from({ length: 400_000 }, () => []),
  "long items between short ones": [1, long, 2, [], long, { a: long }, 3],
  "an object with many keys": Object.fromEntries(Array.from({ length: 60_000 }, (_, n) => [`key"${n}`, [n, {}]])),
  "long values behind keys": { a: long, c: [long, [long]], d: "", e: { f: { g: long } } },
  "a long key": { [long]: 1, b: [2], [`${long}x`]: [] },
  "a long list in lists": [[[Array.from({ length: 300_000 }, (_, n) => n)]], 1],
};

function parsed(text: string, levels = 80): { value: unknown; turns: number } {
  const parsing = parseInPieces(Buffer.from(text), levels);
  for (let turns = 1; ; turns++) {
    const piece = parsing.next();
    if (piece.done) return { value: piece.value, turns };
  }
}

describe("a JSON that is parsed in pieces", () => {
  it.each(Object.entries(VALUES))("is the same value: %s", (_, value) => {
    const text = JSON.stringify(value);
    const found = parsed(text);
    expect(JSON.stringify(found.value) === text).toBe(true);
    // Half a megabyte of JSON a turn.
    expect(found.turns).toBeGreaterThanOrEqual(Math.ceil(text.length / (512 << 10)));
  });

  it("looks for what lies deep one level a turn", () => {
    const text = `${"[".repeat(60)}${VALUES["many numbers"]}${"]".repeat(60)}`;
    expect(parsed(text).turns).toBeGreaterThanOrEqual(60);
  });

  it("keeps a key named __proto__ as a key, in a piece and for a long value", () => {
    for (const inner of ["1", JSON.stringify(long)]) {
      const { value } = parsed(`{"__proto__":${inner},"b":${JSON.stringify(long)}}`);
      expect(Object.keys(Object(value))).toEqual(["__proto__", "b"]);
    }
  });

  it("is the same value wherever the pieces end", () => {
    const item = fc.json({ maxDepth: 3 });
    fc.assert(
      fc.property(
        fc.nat(40),
        fc.array(item, { minLength: 1, maxLength: 8 }),
        fc.string({ unit: "binary" }),
        (shift, items, said) => {
          // The end of the first piece falls into what follows the filler.
          const filler = "x".repeat((512 << 10) - shift);
          const value = [
            filler,
            JSON.parse(`[${items.join()}]`),
            { [said]: said, items: JSON.parse(`[${items.join()}]`) },
            filler + said,
          ];
          const text = JSON.stringify(value);
          expect(JSON.stringify(parsed(text).value) === text).toBe(true);
        },
      ),
      { numRuns: 20 },
    );
  });

  it.each([
    ["one that ends too early", (text: string) => text.slice(0, -1)],
    ["one that goes on behind its end", (text: string) => `${text}]`],
    ["one without a comma", (text: string) => text.replace('",', '"')],
    ["one with a comma too many", (text: string) => text.replace('",', '",,')],
    ["one with a colon in a list", (text: string) => text.replace('",', '":')],
    ["one with a bad escape", (text: string) => text.replace("\\n", "\\x")],
    ["one that was cut within a text", (text: string) => text.slice(0, 700_000)],
    ["one of zeros", (text: string) => "\0".repeat(text.length)],
  ])("is refused when it is damaged: %s", (_, damage) => {
    const text = JSON.stringify([long, "b", { a: long }]);
    expect(() => parsed(damage(text))).toThrow(SyntaxError);
  });

  it("is refused when it is deeper than its reader allows, in a piece and over several", () => {
    for (const filler of ["", long]) {
      const nested = (levels: number) => `${"[".repeat(levels)}${JSON.stringify(filler)}${"]".repeat(levels)}`;
      expect(() => parsed(nested(5), 5)).not.toThrow();
      expect(() => parsed(nested(6), 5)).toThrow("too many levels");
    }
  });
});
