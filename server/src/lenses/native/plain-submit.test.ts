import { expect, test } from "vitest";
import { submitBody } from "./schema.ts";
import { plainSubmit } from "./translate.ts";

let deep: unknown = 1;
for (let level = 0; level < 70; level++) deep = [deep];

test("a submit of a kind and an input alone is read as its schema reads it", () => {
  for (const body of [
    { kind: "noop", input: {} },
    { input: [1, "ä", null, { a: { b: [false] } }], kind: "k".repeat(64) },
    { kind: "x", input: null },
    JSON.parse('{"kind":"x","input":{"__proto__x":1,"constructor":2}}'),
  ])
    expect(plainSubmit(body)).toEqual(submitBody.parse(body));
});

test.each([
  null,
  [],
  "text",
  {},
  { input: {} },
  { kind: "noop" },
  { kind: "", input: {} },
  { kind: "k".repeat(65), input: {} },
  { kind: 7, input: {} },
  { kind: "noop", input: undefined },
  { kind: "noop", input: deep },
  { kind: "noop", input: {}, priority: 1 },
  { kind: "noop", input: {}, unknown: 1 },
])("any other is its schema's to read: %j", (body) => {
  expect(plainSubmit(body)).toBeNull();
});
