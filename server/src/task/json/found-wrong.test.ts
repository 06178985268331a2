import fc from "fast-check";
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

/** A schema that can be made as often as one likes, and values of which some do not fit it. */
type Kind = { make: () => z.ZodType; values: fc.Arbitrary<unknown> };

const odd = fc.oneof(fc.constantFrom(null, undefined, "", "wrong", 1.5, -1, true, []), fc.object({ maxDepth: 1 }));
const seldomOdd = (values: fc.Arbitrary<unknown>) =>
  fc.oneof({ arbitrary: values, weight: 12 }, { arbitrary: odd, weight: 1 });
const LEAVES: Kind[] = [
  { make: () => z.string().min(2), values: fc.string({ minLength: 1, maxLength: 4 }) },
  { make: () => z.int().transform((n) => n + 1), values: fc.integer() },
  { make: () => z.json(), values: fc.jsonValue({ maxDepth: 1 }) },
  {
    make: () =>
      z
        .string()
        .refine((text) => text !== "wrong")
        .optional(),
    values: fc.constantFrom("right", "wrong"),
  },
];

/** A long list repeats a few items: what is odd among them stands in many places. */
function lists({ make, values }: Kind, isLong: boolean): fc.Arbitrary<Kind> {
  const few = fc.array(seldomOdd(values), { maxLength: 4 });
  const many = fc
    .tuple(few, fc.integer({ min: 990, max: 3_000 }), seldomOdd(values))
    .map(([items, length, last]) => [
      ...Array.from({ length: items.length && length }, (_, n) => items[n % items.length]),
      last,
    ]);
  return fc
    .record({ min: fc.integer({ min: 0, max: 2 }), max: fc.constantFrom(3, 2_000, 5_000), isEven: fc.boolean() })
    .map(({ min, max, isEven }) => ({
      make: () => {
        const list = z.array(make()).min(min).max(max);
        return isEven ? list.refine((all) => all.length % 2 === 0, "must be even") : list;
      },
      values: isLong ? fc.oneof(few, many) : few,
    }));
}

function kinds(depth: number, isLong = true): fc.Arbitrary<Kind> {
  const leaf = fc.constantFrom(...LEAVES);
  if (depth === 0) return leaf;
  const short = kinds(depth - 1, false);
  const any = isLong ? kinds(depth - 1) : short;
  return fc.oneof(
    leaf,
    short.chain((kind) => lists(kind, isLong)),
    fc.tuple(any, short).map(([a, b]) => ({
      make: () => z.object({ a: a.make(), b: b.make().optional() }),
      values: fc.record({ a: seldomOdd(a.values), b: seldomOdd(b.values) }, { requiredKeys: [] }),
    })),
    fc.tuple(any, short).map(([a, b]) => ({
      make: () => z.union([a.make(), b.make()]),
      values: fc.oneof(a.values, b.values),
    })),
    any.map(({ make, values }) => ({
      make: () => z.record(z.string(), make()),
      values: fc.dictionary(fc.string({ maxLength: 3 }), seldomOdd(values), { maxKeys: 2 }),
    })),
    any.map(({ make, values }) => ({
      make: () => z.lazy(() => z.tuple([make()])),
      values: seldomOdd(values).map((value) => [value]),
    })),
  );
}

/** With those of what each side of a union finds. */
function countOf(issues: readonly z.core.$ZodIssue[]): number {
  let count = issues.length;
  for (const issue of issues)
    if (issue.code === "invalid_union") for (const side of issue.errors) count += countOf(side);
  return count;
}

/** zod leaves that name out of its copies of JSON: see the test of it. */
const namesAPrototype = (value: unknown) => JSON.stringify([value]).includes('"__proto__":');

test("a value under the name __proto__ is kept in any JSON, and is nobody's prototype", () => {
  const value: unknown = JSON.parse('{"__proto__": {"isAdmin": true}, "list": [{"__proto__": 1}]}');
  const found = foundWrong(z.json(), value);
  expect(JSON.stringify(found.data)).toBe(JSON.stringify(value));
  expect(found.data).not.toHaveProperty("isAdmin");
});

test("whatever the schema and the value, it is taken or not as by zod, and all is told where not thousands are wrong", () => {
  const cases = kinds(3).chain(({ make, values }) => values.map((value) => ({ make, value })));
  fc.assert(
    fc.property(cases, ({ make, value }) => {
      fc.pre(!namesAPrototype(value));
      const [ours, theirs] = [foundWrong(make(), value), make().safeParse(value)];
      expect(ours.success).toBe(theirs.success);
      if (countOf(theirs.error?.issues ?? []) < 1_000) expect(ours).toEqual(theirs);
    }),
    { numRuns: 100 },
  );
});
