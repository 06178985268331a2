import { expect, test } from "vitest";
import { z } from "zod";
import { foundWrong } from "./found-wrong.ts";

const LONG = 20_000;

/** A schema that counts how many items it looks at. */
function counting() {
  let looked = 0;
  const item = z.unknown().refine((value) => {
    looked += 1;
    return value !== "wrong";
  });
  return { item, looked: () => looked };
}

const paths = (result: z.ZodSafeParseResult<unknown>) => result.error?.issues.map(({ path }) => path.join("."));

test("what fits is told as by the schema itself", () => {
  const schema = z.object({ tags: z.array(z.string().transform(Number)).min(1).max(LONG) });
  const tags = Array.from({ length: LONG }, (_, n) => `${n}`);
  expect(foundWrong(schema, { tags })).toEqual({ success: true, data: { tags: tags.map(Number) } });
});

test("all that is wrong with a short value is told", () => {
  const schema = z.object({ name: z.string(), tags: z.array(z.string()) });
  expect(paths(foundWrong(schema, { name: 1, tags: ["a", 2, 3] }))).toEqual(["name", "tags.1", "tags.2"]);
});

test("of thousands of wrong items the first are told, and few more are looked at, wherever the list stands", () => {
  const { item, looked } = counting();
  const list = z.array(item);
  const wrong = Array.from({ length: LONG }, () => "wrong");
  const cases: [z.ZodType, unknown, string][] = [
    [list, wrong, "0"],
    [z.object({ a: list.min(1).optional() }), { a: wrong }, "a.0"],
    [z.record(z.string(), list.default([])), { a: wrong }, "a.0"],
    [z.union([z.string(), list]), wrong, "0"],
    [z.string().or(z.object({ a: z.tuple([list]) })), { a: [wrong] }, "a.0.0"],
    [z.preprocess((given) => given, z.intersection(list, z.unknown())), wrong, "0"],
    [z.lazy(() => z.array(list)), [wrong], "0.0"],
    [z.array(list), [wrong, wrong, wrong], "0.0"],
  ];
  for (const [schema, value, first] of cases) {
    const before = looked();
    expect(paths(foundWrong(schema, value))?.[0]).toBe(first);
    expect(looked() - before).toBeLessThan(LONG / 6);
  }
});

test("an item is told by its place in the whole list", () => {
  const { item } = counting();
  const items = Array.from({ length: LONG }, (_, n) => ({
    deep: [n === 17_001 || n === LONG - 1 ? "wrong" : "right"],
  }));
  const schema = z.array(z.object({ deep: z.array(item) }));
  expect(paths(foundWrong(schema, items))).toEqual(["17001.deep.0", `${LONG - 1}.deep.0`]);
});

test("what is said of a whole list is said of it as before", () => {
  const short = z.array(z.int()).max(5_000);
  expect(foundWrong(short, Array(5_001).fill("a")).error?.issues).toMatchObject([{ code: "too_big", path: [] }]);
  const even = z.array(z.int()).refine((all) => all.length % 2 === 0, "must be even");
  expect(foundWrong(even, Array(5_001).fill(1)).error?.issues).toMatchObject([{ message: "must be even" }]);
  expect(foundWrong(even, Array(5_000).fill(1)).success).toBe(true);
});

test("any JSON is taken as it is, and what is none is told as by its schema", () => {
  const schema = z.object({ any: z.json() });
  const any = { list: Array.from({ length: LONG }, (_, n) => ({ n, of: [null, true, "a"] })) };
  expect(foundWrong(schema, { any }).data?.any).toBe(any);
  for (const wrong of [undefined, [undefined], Number.NaN, { a: 1n }])
    expect(foundWrong(schema, { any: wrong })).toEqual(z.object({ any: z.json() }).safeParse({ any: wrong }));
  const own = z.lazy(() => z.union([z.string().max(2), z.array(z.string())]));
  expect(foundWrong(own, "abc").success).toBe(false);
});

test("a schema that waits is none for a door, however long the list", () => {
  const waits = z.array(z.int().refine(async () => true));
  expect(() => foundWrong(waits, Array(5_000).fill(1))).toThrow(z.core.$ZodAsyncError);
});

test("what looks at a whole list is given what its items were made, or is not asked", () => {
  const numbers = z.array(
    z
      .string()
      .transform(Number)
      .refine((n) => n !== 7, "must not be 7"),
  );
  const sum = numbers.refine((all) => all.reduce((one, other) => one + other, 0) % 1 === 0, "must be whole");
  const texts = (wrong: number) => Array.from({ length: 5_000 }, (_, n) => (n < wrong ? "7" : "0"));
  for (const wrong of [1, 5_000])
    expect(new Set(foundWrong(sum, texts(wrong)).error?.issues.map(({ message }) => message))).toEqual(
      new Set(["must not be 7"]),
    );
});

test("a schema that is made anew wherever it is looked into is taken as any", () => {
  type Node = { name: string; children: Node[] };
  const lazily = (): z.ZodType<Node> => z.object({ name: z.string(), children: z.lazy(() => z.array(lazily())) });
  const tree = { name: "a", children: [{ name: "b", children: [] }] };
  expect(foundWrong(lazily(), tree)).toEqual({ success: true, data: tree });
});
