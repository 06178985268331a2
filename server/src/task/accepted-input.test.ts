import { expect, test } from "vitest";
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
