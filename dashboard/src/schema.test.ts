import type { JsonObject } from "@waybill/sdk";
import { expect, it } from "vitest";
import { resolved, shapeOf } from "./schema.ts";

it.each<[string, JsonObject, object]>([
  ["a text", { type: "string" }, { is: "text", input: "text" }],
  ["a long text", { type: "string", maxLength: 2_000 }, { is: "text", input: "prose" }],
  ["a day", { type: "string", format: "date" }, { is: "text", input: "date" }],
  ["a moment", { type: "string", format: "date-time" }, { is: "text", input: "datetime-local" }],
  ["a whole number", { type: "integer", minimum: 1 }, { is: "number", whole: true, min: 1, max: null }],
  ["what may also be null", { type: ["null", "boolean"] }, { is: "flag" }],
  [
    "an enumeration",
    { enum: ["a", 1] },
    {
      is: "choice",
      choices: [
        { value: "a", label: "a" },
        { value: 1, label: "1" },
      ],
    },
  ],
  [
    "constants with titles",
    { oneOf: [{ const: "y", title: "Yes" }, { const: "n" }] },
    {
      is: "choice",
      choices: [
        { value: "y", label: "Yes" },
        { value: "n", label: "n" },
      ],
    },
  ],
  ["a list", { type: "array", items: { type: "string" } }, { is: "list", items: { type: "string" } }],
  [
    "an object, with or without its type",
    { properties: { a: { type: "string" } }, required: ["a"] },
    { is: "object", properties: [["a", { type: "string" }, true]] },
  ],
  [
    "one with rules among its own fields",
    { properties: { a: {}, b: {} }, anyOf: [{ required: ["a"] }, { required: ["b"] }] },
    { is: "object" },
  ],
  ["one without a field", { type: "object", properties: {}, additionalProperties: false }, { is: "object" }],
  ["names that the caller thinks of", { type: "object", properties: {} }, { is: "json" }],
  ["a required field that is named nowhere", { properties: { a: {} }, required: ["b"] }, { is: "json" }],
  [
    "fields that only an alternative has",
    { properties: { a: {} }, oneOf: [{ properties: { b: {} } }, { $ref: "#/$defs/c" }] },
    { is: "json" },
  ],
  ["a row", { type: "array", prefixItems: [{ type: "string" }], items: { type: "integer" } }, { is: "json" }],
  ["one of several types", { type: ["string", "integer", "null"] }, { is: "json" }],
  ["a list or a text", { type: ["array", "string"], items: {} }, { is: "json" }],
  ["anything else, as JSON", { anyOf: [{ type: "string" }, { type: "number" }] }, { is: "json" }],
])("the field for %s", (_, schema, shape) => {
  expect(shapeOf(schema)).toMatchObject(shape);
});

it("a reference leads to its schema, and one that leads nowhere or to itself is no trouble", () => {
  const root: JsonObject = { $defs: { "a/b": { type: "string" }, loop: { $ref: "#/$defs/loop" } } };
  expect(resolved({ $ref: "#/$defs/a~1b", title: "A" }, root)).toEqual({ type: "string", title: "A" });
  expect(resolved({ $ref: "#/$defs/none", title: "A" }, root)).toEqual({ title: "A" });
  expect(shapeOf(resolved({ $ref: "#/$defs/loop" }, root))).toEqual({ is: "json" });
  expect(shapeOf({ properties: { a: {} } }, 5)).toEqual({ is: "json" });
});
