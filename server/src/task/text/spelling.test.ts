import { expect, it } from "vitest";
import { z } from "zod";
import { fieldErrors, nearest } from "./spelling.ts";

it.each([
  ["asistant", ["assistant", "guide"], "assistant"],
  ["agnet", ["agent", "external"], "agent"],
  ["GUIDE", ["guide"], "guide"],
  ["inputs", ["input", "output"], "input"],
  ["is", ["id", "to"], "id"],
  ["weather", ["calculator", "search"], null],
  ["x".repeat(100), ["x".repeat(99)], null],
  ["agent", [], null],
])("%s among %j was meant as %s", (word, known, meant) => {
  expect(nearest(word, known)).toBe(meant);
});

it("names a field that there is not with the one that was meant, and one that is missing, wherever they are", () => {
  const schema = z.strictObject({ limits: z.strictObject({ bodyBytesMax: z.int().optional() }), port: z.int() });
  const { error } = schema.safeParse({ limits: { bodyBytesMx: 1 }, colour: 1, size: 2 }, { error: fieldErrors });
  expect(error?.issues.map(({ path, message }) => [path.join("."), message])).toEqual([
    ["limits", 'there is no field "bodyBytesMx" here: did you mean "bodyBytesMax"?'],
    ["port", "is missing"],
    ["", 'there is no field "colour", "size" here'],
  ]);
});

it("says of a value that may be of several shapes which there are, and of an object what is wrong with the nearest", () => {
  const shape = z.union([
    z.strictObject({ id: z.string() }),
    z.strictObject({ alias: z.string(), context: z.strictObject({ topic: z.string() }).optional() }),
  ]);
  const schema = z.strictObject({ conversation: shape });
  const said = (conversation: unknown) =>
    schema.safeParse({ conversation }, { error: fieldErrors }).error?.issues.map(({ message }) => message);
  expect(said("alps")).toEqual(["must be {id} or {alias, context}"]);
  expect(said({ alias: "alps", context: { topics: "a" } })).toEqual(["context.topic: is missing"]);
  expect(said({ alias: "alps", id: "x" })).toEqual(['there is no field "alias" here']);
});
