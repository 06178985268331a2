import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type Json, STORED_DEPTH_MAX } from "../../task/json/json.ts";
import { OBJECT_KEYS_MAX } from "../../task/json/object-keys.ts";
import { BadValue, jsonAtOnce, jsonInTurns, jsonOf, ownCopy } from "./handed-over.ts";

const numbers = Array.from({ length: 240_000 }, (_, n) => n);
const LONG: Record<string, unknown> = {
  "many numbers": numbers,
  "many objects": Array.from({ length: 60_000 }, (_, n) => ({ n, text: "ab", list: [n, null, undefined] })),
  "many keys": Array.from({ length: 11 }, (_, at) =>
    Object.fromEntries(numbers.slice(0, 10_000).map((n) => [`key ${at} ${n}`, { n }])),
  ),
  "a long list within others": { rows: [{ cells: [numbers] }], date: new Date(0), absent: undefined, zero: -0 },
};

async function turnsOf(copying: Promise<unknown>): Promise<number> {
  let isOver = false;
  const over = copying.finally(() => {
    isOver = true;
  });
  let turns = 0;
  for (; !isOver; turns++) await nextTurn();
  await over;
  return turns;
}

describe("a long value that a handler hands over", () => {
  it.each(Object.entries(LONG))("is copied in turns as it would be at once: %s", async (_, value) => {
    expect(jsonAtOnce("It", value)).toBeNull();
    const copying = jsonInTurns("It", value);
    // 50,000 values a turn, of at least 200,000.
    expect(await turnsOf(copying)).toBeGreaterThan(3);
    const copy = await copying;
    expect(JSON.stringify(copy)).toBe(JSON.stringify(value));
    expect(copy).not.toBe(value);
    const own = ownCopy(copy);
    // The same of what is stored.
    expect(await turnsOf(Promise.resolve(own))).toBeGreaterThan(3);
    expect(own instanceof Promise && JSON.stringify(await own)).toBe(JSON.stringify(copy));
  });

  it("is refused by a call that returns nothing to wait for", () => {
    expect(() => jsonOf("The artifact", [numbers, numbers])).toThrow("The artifact holds more than 250000 values.");
    expect(jsonOf("It", numbers)).toEqual(numbers);
  });

  it("has no object of more keys than may be listed at once, however deep it lies", async () => {
    const keys = (count: number) => Object.fromEntries(numbers.slice(0, count).map((n) => [`k${n}`, n]));
    const most = { list: [keys(OBJECT_KEYS_MAX)] };
    expect(JSON.stringify(jsonOf("It", most)) === JSON.stringify(most)).toBe(true);
    const more = { list: [keys(OBJECT_KEYS_MAX + 1)] };
    const why = "It holds an object of more than 10000 keys.";
    expect(() => jsonOf("It", more)).toThrow(why);
    expect(() => jsonAtOnce("It", keys(OBJECT_KEYS_MAX + 1))).toThrow(why);
    await expect(jsonInTurns("It", { numbers, more })).rejects.toThrow(why);
    // What is stored was written before there was such a bound.
    expect(JSON.stringify(await ownCopy(more)) === JSON.stringify(more)).toBe(true);
  });

  it("is looked at in several turns where a text of it is long, to the same copy and within the same bounds", async () => {
    const mebi = 1 << 20;
    // A pair lies across the end of a piece, and half of one stands in the last.
    const long = `x${"\u{1f600}".repeat(2.5 * mebi)}\ud83d\u{1f600}`;
    const mended = jsonOf("It", long);
    const halfAtEnd = `${"x".repeat(4 * mebi - 1)}\ud83d\u{1f600}`;
    expect((await jsonInTurns("It", halfAtEnd)) === jsonOf("It", halfAtEnd)).toBe(true);
    for (const value of [long, { deep: [[long]] }]) {
      expect(jsonAtOnce("It", value)).toBe(null);
      const copying = jsonInTurns("It", value);
      expect(await turnsOf(copying)).toBeGreaterThan(2);
      const copy = await copying;
      const [text] = typeof copy === "string" ? [copy] : Object.values(Object(copy)).flat(2);
      expect(text === mended).toBe(true);
    }
    await expect(jsonInTurns("It", "\u20ac".repeat(23 * mebi))).rejects.toThrow("It is larger than 67108864 bytes.");
  });

  it("is copied at once when it is short, however deep it is stored", () => {
    let deep: Json = "end";
    for (let level = 0; level < STORED_DEPTH_MAX; level++) deep = [deep];
    expect(ownCopy(deep)).toEqual(deep);
    expect(ownCopy(deep)).not.toBe(deep);
    expect(ownCopy("x")).toBe("x");
  });

  it.each<[string, unknown, string]>([
    ["what JSON has no word for", [numbers, Number.NaN], "It holds NaN, which is no JSON."],
    ["a map", { numbers, map: new Map() }, "It holds a Map, which is no JSON."],
    [
      "too many values",
      Array.from({ length: 11 }, () => Array.from({ length: 100_000 }, () => 1)),
      "It holds more than",
    ],
    ["itself", withItself(), "It is deeper than 64 levels, or holds itself."],
    ["what throws when it is read", { numbers, ...hostile() }, "It cannot be read: Not for you."],
  ])("is refused as at once when it holds %s", async (_, value, why) => {
    await expect(jsonInTurns("It", value)).rejects.toThrow(BadValue);
    await expect(jsonInTurns("It", value)).rejects.toThrow(why);
    expect(() => jsonOf("It", value)).toThrow(why);
  });
});

it("what a value is as JSON it says by `toJSON`, also where it answers for a key that it does not have", async () => {
  const stub = new Proxy({}, { get: (_, key) => (key === "toJSON" ? () => ({ id: 7 }) : undefined) });
  expect(JSON.stringify(jsonOf("It", { stub }))).toBe(JSON.stringify({ stub }));
  expect(JSON.stringify(await jsonInTurns("It", { stub }))).toBe(JSON.stringify({ stub }));
});

function withItself(): object {
  const own: Record<string, unknown> = { few: numbers.slice(0, 1_000) };
  own["own"] = own;
  return own;
}

function hostile(): object {
  return {
    toJSON: () => {
      throw new Error("Not for you.");
    },
  };
}
