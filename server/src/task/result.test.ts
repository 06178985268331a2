import { expect, test } from "vitest";
import type { Json } from "./json/json.ts";
import { resultParts } from "./result.ts";

const words = { message: { parts: [{ text: "Done." }] } };

test.each<[what: string, output: Json, parts: unknown]>([
  ["nothing", null, []],
  ["an empty text", "", []],
  ["a text", "391", [{ text: "391" }]],
  ["any other JSON", { total: 391 }, [{ data: { total: 391 } }]],
  ["a number", 0, [{ data: 0 }]],
  ["the words of an agent", words, []],
  ["its words alone", { ...words, alone: true }, []],
  ["what only looks like words", { ...words, total: 1 }, [{ data: { ...words, total: 1 } }]],
])("the result of a task that has come to %s", (_what, output, parts) => {
  expect(resultParts(output)).toEqual(parts);
});
