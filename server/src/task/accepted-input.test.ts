import { expect, test, vi } from "vitest";
import { z } from "zod";
import { acceptedInput } from "./accepted-input.ts";

const items = z.strictObject({ items: z.array(z.strictObject({ name: z.string(), count: z.int().default(1) })) });

test("what is missing in the items of a list is filled in, and what is whole is kept as it is", () => {
  const whole = { items: [{ name: "a", count: 2 }] };
  expect(acceptedInput(items, { items: [{ name: "a" }, { name: "b", count: 3 }] })).toMatchObject({
    ok: true,
    input: {
      items: [
        { name: "a", count: 1 },
        { name: "b", count: 3 },
      ],
    },
  });
  const kept = acceptedInput(items, whole);
  expect(kept.ok && kept.input).toBe(whole);
});

test("a list that its schema reads as another one, longer or of other items, is kept as it was given", () => {
  const twice = z.array(z.string()).transform((list) => [...list, ...list]);
  expect(acceptedInput(twice, ["a"])).toMatchObject({ ok: true, input: ["a"] });
  const numbers = z.array(z.coerce.number().transform((n) => n + 1));
  expect(acceptedInput(numbers, ["1", "2"])).toMatchObject({ ok: true, input: ["1", "2"] });
  const byName = z.array(z.string()).transform((list) => ({ ...list }));
  expect(acceptedInput(byName, ["a"])).toMatchObject({ ok: true, input: ["a"] });
});

test("what was given is read once when only plain defaults were added to it, each of which is read as itself", () => {
  let reads = 0;
  const counted = z.string().refine(() => {
    reads += 1;
    return true;
  });
  const schema = z.strictObject({
    name: counted,
    queue: z.string().min(1).default("default"),
    note: z.null().default(null),
  });
  expect(acceptedInput(schema, { name: "a" })).toEqual({
    ok: true,
    input: { name: "a", queue: "default", note: null },
    value: { name: "a", queue: "default", note: null },
  });
  expect(reads).toBe(1);
});

test.each<[string, z.ZodType, Record<string, string>]>([
  ["that its own schema refuses", z.strictObject({ queue: z.string().min(3).default("a") }), {}],
  [
    "that its own schema reads as another",
    z.strictObject({
      n: z
        .string()
        .transform((text) => `${text}!`)
        .default("a"),
    }),
    {},
  ],
  [
    "beside what is read as another",
    z.strictObject({ a: z.string().transform(Number), b: z.string().default("b") }),
    { a: "1" },
  ],
  [
    "of an object whose schema adds a name of its own",
    z.object({ b: z.string().default("b") }).overwrite((all) => ({ ...all, b: `${all.b}.` })),
    {},
  ],
])("an input with a default %s is kept as it was given", (_, schema, given) => {
  expect(acceptedInput(schema, given)).toMatchObject({ ok: true, input: given });
});

test("defaults are filled in where what is not known is left out, and where they are lists", () => {
  const open = z.object({ b: z.string().default("b"), list: z.array(z.string()).default(["x"]) });
  expect(acceptedInput(open, { unknown: 1 })).toMatchObject({ ok: true, input: { b: "b", list: ["x"] } });
  const kept = acceptedInput(open, { unknown: 1 });
  expect(kept.ok && kept.input).not.toHaveProperty("unknown");
});

test("chance and clock behind a default are asked once, wherever it stands, also beside what is read anew at each attempt", () => {
  let asked = 0;
  const drawn = z.int().default(() => ++asked);
  const twice = z.number().transform((n) => n * 2);
  const schema = z.strictObject({
    deep: z.strictObject({ drawn, twice }),
    items: z.array(z.strictObject({ drawn, names: z.string().transform((names) => new Set(names.split(","))) })),
    made: z.strictObject({ drawn }).default(() => ({ drawn: ++asked })),
  });
  const accepted = acceptedInput(schema, { deep: { twice: 2 }, items: [{ names: "a,b" }] });
  expect(accepted).toMatchObject({
    ok: true,
    input: {
      deep: { drawn: expect.any(Number), twice: 2 },
      items: [{ drawn: expect.any(Number), names: "a,b" }],
      made: { drawn: expect.any(Number) },
    },
  });
  if (accepted.ok) expect(schema.parse(accepted.input)).toEqual(accepted.value);
});

test("what a transform has made beside what was given is no part of what is kept, where its schema would not take it", () => {
  const schema = z.strictObject({ first: z.string(), last: z.string() });
  const named = schema.transform(({ first, last }) => ({
    first,
    last,
    whole: `${first} ${last}`,
    at: performance.now(),
  }));
  const given = { first: "Ada", last: "Lovelace" };
  expect(acceptedInput(named, given)).toMatchObject({ ok: true, input: given });
});

test("of a list of millions that a transform has made no text is made", () => {
  const long = z.string().transform(() => new Array<string>(5_000_000));
  const parse = vi.spyOn(JSON, "parse");
  expect(acceptedInput(long, "a")).toMatchObject({ ok: true, input: "a" });
  expect(parse).not.toHaveBeenCalled();
  parse.mockRestore();
});

test("what a default adds to an input of any length is kept with it", () => {
  const lists = z.array(z.array(z.object({ n: z.number(), of: z.string().default(() => "x".repeat(30)) })));
  const given = [Array.from({ length: 20_000 }, (_, n) => ({ n }))];
  const accepted = acceptedInput(lists, given);
  expect(accepted.ok && accepted.input).toEqual([given[0]?.map(({ n }) => ({ n, of: "x".repeat(30) }))]);
});
