import { describe, expect, it } from "vitest";
import { isLongJson, jsonPieces } from "./json-pieces.ts";

const long = 'ab"\n'.repeat(200_000);
const VALUES: Record<string, unknown> = {
  "a short one": { a: [1, null, "x"], b: {} },
  "a long text": long,
  "a text that parts two halves of characters": `x${"💣".repeat(700_000)}`,
  "many numbers": Array.from({ length: 300_000 }, (_, n) => n / 3),
  "long items between short ones": [1, long, 2, [], long, { a: long }, 3],
  "an object with many keys": Object.fromEntries(Array.from({ length: 60_000 }, (_, n) => [`key"${n}`, [n, {}]])),
  "long values behind keys, and one that is absent": { a: long, b: undefined, c: [long, [long]], d: "" },
  "nothing but absent keys": { a: undefined },
  "what says itself what is written of it": [
    long,
    { toJSON: () => ({ a: [long], b: new Date(0) }), c: long },
    { a: new Date(1) },
  ],
  "what has no JSON, among long values": {
    a: long,
    b: () => 1,
    c: Symbol("c"),
    d: [long, () => 1, { toJSON: () => undefined, long }],
  },
};

describe("the JSON of a value in pieces", () => {
  it.each(Object.entries(VALUES))("is together that of the value: %s", (_, value) => {
    const pieces = [...jsonPieces(value)];
    expect(pieces.join("") === JSON.stringify(value)).toBe(true);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(400_000);
  });

  it("asks each value once what is written of it, as JSON does, and what that answers not at all", () => {
    const told = (filling: string) => {
      let asked = 0;
      const inner = { toJSON: () => `${++asked} of its own`, filling };
      const value = { toJSON: () => (asked++ === 0 ? inner : "again") };
      return { value, times: () => asked };
    };
    for (const filling of ["", long]) {
      for (const wrap of [
        (value: object) => value,
        (value: object) => ({ value, filling }),
        (value: object) => [value],
      ]) {
        const [ours, theirs] = [told(filling), told(filling)];
        expect([...jsonPieces(wrap(ours.value))].join("") === JSON.stringify(wrap(theirs.value))).toBe(true);
        expect([ours.times(), theirs.times()]).toEqual([1, 1]);
      }
    }
  });

  it("is long where it has more characters than were asked for", () => {
    expect([isLongJson("x".repeat(11), 10), isLongJson([1, 2], 10), isLongJson({ a: "bcd" }, 10)]).toEqual([
      true,
      true,
      false,
    ]);
  });
});
