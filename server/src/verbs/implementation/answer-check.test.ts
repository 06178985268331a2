import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../task/json/json.ts";
import { answerIn, givenBefore, givenBy, mustFit, mustHaveForm } from "./answer-check.ts";

const fields = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({ type: "object", properties, ...more });
const refusal = (done: Promise<unknown>) =>
  done.then(
    () => null,
    ({ detail, message }: { detail: { field?: string }; message: string }) => detail.field ?? message,
  );
const fit = (schema: JsonObject, value: Json) => refusal(mustFit(schema, value, "value", "acme"));

const address = fields({ city: { type: "string", minLength: 1 } }, { required: ["city"] });
const tree = fields({ children: { type: "array", items: { $ref: "#" } }, name: { type: "string" } });

describe("an answer is judged by the schema of its question", () => {
  const judged: [name: string, schema: JsonObject, fits: Json, misfit: Json, field: string][] = [
    ["a type", { type: "number" }, 1, "1", "value"],
    ["a list of types", { type: ["string", "null"] }, null, 1, "value"],
    ["an enumeration", fields({ a: { enum: ["x", null] } }), { a: null }, { a: "y" }, "value.a"],
    ["a bound", fields({ a: { maximum: 9, exclusiveMinimum: 0 } }), { a: 9 }, { a: 0 }, "value.a"],
    ["what is required", address, { city: "Bern" }, {}, "value.city"],
    ["what is too much", fields({}, { additionalProperties: false }), {}, { "a/b": 1 }, "value.a/b"],
    ["an expression", fields({ iban: { pattern: "^CH\\d{2}$" } }), { iban: "CH12" }, { iban: "DE12" }, "value.iban"],
    [
      "names by an expression",
      { patternProperties: { "^n_": { type: "integer" } } },
      { n_a: 1 },
      { n_a: 1.5 },
      "value.n_a",
    ],
    ["a date", { format: "date" }, "2026-02-28", "2026-02-30", "value"],
    ["a moment", { format: "date-time" }, "2026-02-28T10:00:00Z", "yesterday", "value"],
    ["an address", { format: "email" }, "ada@example.com", "ada", "value"],
    ["an id", { format: "uuid" }, "3f2504e0-4f89-41d3-9a0c-0305e82c3301", "3f", "value"],
    [
      "a reference",
      { $defs: { address }, ...fields({ home: { $ref: "#/$defs/address" } }) },
      { home: { city: "Bern" } },
      { home: { city: "" } },
      "value.home.city",
    ],
    [
      "a schema that refers to itself",
      tree,
      { children: [{ name: "a" }] },
      { children: [{ children: [{ name: 1 }] }] },
      "value.children.0.children.0.name",
    ],
    ["one of several", { oneOf: [{ type: "string" }, { type: "integer" }] }, 1, true, "value"],
    ["all of several", { allOf: [{ minimum: 1 }, { maximum: 3 }] }, 2, 4, "value"],
    [
      "what follows from a condition",
      { dependentRequired: { big: ["why"] } },
      { big: true, why: "x" },
      { big: true },
      "value",
    ],
    ["a list", { type: "array", uniqueItems: true, minItems: 1 }, [1, 2], [1, 1], "value"],
    [
      "the newest draft's list of items",
      { prefixItems: [{ type: "string" }], items: false },
      ["a"],
      ["a", 1],
      "value.1",
    ],
    [
      "an older draft's list of items",
      { $schema: "http://json-schema.org/draft-07/schema#", items: [{ type: "string" }] },
      ["a", 1],
      [1],
      "value.0",
    ],
  ];
  it.each(judged)("%s", async (_, schema, fits, misfit, field) => {
    expect(await fit(schema, fits)).toBeNull();
    expect(await fit(schema, misfit)).toBe(field);
  });

  it("except a permission that is given in a word of some API", async () => {
    const form = fields({ seats: { type: "integer" } }, { required: ["seats"] });
    const answer = (asks: "answer" | "approval" | "authorization", value: Json) =>
      refusal(answerIn({ name: "seats", text: "How many?", asks, schema: form }, { value }, "acme"));
    for (const word of [false, "reject", { approved: false }, { decision: "deny" }, { approved: true, seats: 1 }]) {
      expect(await answer("approval", word)).toBeNull();
      expect(await answer("authorization", word)).toBeNull();
    }
    const more = { ...form, required: ["seats", "row"] };
    const partly = { value: { approved: false, seats: 1 } };
    expect(await answerIn({ name: "seats", text: "?", asks: "approval", schema: more }, partly, "acme")).toEqual(
      partly.value,
    );
    for (const word of [true, "approve", { approved: true }, { approved: false, seats: "two" }, { seats: "two" }])
      expect(await answer("approval", word), JSON.stringify(word)).toBe("value.seats");
    expect(await answer("answer", { seats: 2 })).toBeNull();
    for (const word of [true, "approve", { approved: false }]) expect(await answer("answer", word)).not.toBeNull();
  });

  it("and judges nothing by one that is none", async () => {
    for (const schema of [{ $ref: "#/$defs/nowhere" }, { pattern: "(" }, { $ref: "https://example.com/schema" }])
      expect(await fit(schema, "anything"), JSON.stringify(schema)).toBeNull();
  });

  it("takes no longer than it may over one that was made to take for ever, and goes on with the others", async () => {
    const levels = Array.from({ length: 40 }, (_, level): [string, JsonObject] => {
      const next = { $ref: `#/$defs/l${level + 1}` };
      return [`l${level}`, level === 39 ? {} : { allOf: [next, next] }];
    });
    const answers = await Promise.all([
      fit({ pattern: "^(a+)+$" }, `${"a".repeat(60)}b`),
      fit({ type: "number" }, "1"),
      fit({ $defs: Object.fromEntries(levels), $ref: "#/$defs/l0" }, 1),
      fit({ type: "number" }, 1),
    ]);
    const late = "Its form takes too long to look at this.";
    expect(answers).toEqual([late, "value", late, null]);
  });
});

it("code is given an answer beside what was said where it is another, also of what comes before its question", async () => {
  const prompt = { name: "seats", text: "How many?", asks: "answer", schema: { type: "integer" } } as const;
  expect(await givenBy(prompt, { value: "2", words: true }, "acme")).toEqual({ answer: 2 });
  expect(await givenBy(prompt, { value: 2 }, "acme")).toEqual({});
  expect(givenBefore({ value: "2" })).toEqual({ answer: "2" });
  for (const heard of [{ value: "2", words: true }, { value: 2 }]) expect(givenBefore(heard)).toEqual({});
});

describe("a form is refused with the task that brings it", () => {
  const brings = (form: JsonObject) => refusal(mustHaveForm({ kind: "human", input: { title: "x", form } }, "acme"));
  it.each<[string, JsonObject]>([
    ["with a type that there is not", fields({ a: { type: "text" } })],
    ["with an expression that is none", fields({ a: { pattern: "(" } })],
    ["with a reference that leads nowhere", fields({ a: { $ref: "#/$defs/a" } })],
    ["with a reference to elsewhere", fields({ a: { $ref: "https://example.com/a.json" } })],
    ["deep inside", { allOf: [{ items: { patternProperties: { "[": {} } } }] }],
  ])("%s", async (_, form) => {
    expect(await brings(form)).toBe("input.form");
  });

  it("unless it can judge", async () => {
    const forms = [
      tree,
      { $defs: { address }, ...fields({ type: { $ref: "#/$defs/address" } }) },
      {},
      { default: { type: 1 } },
    ];
    for (const form of forms) expect(await brings(form), JSON.stringify(form)).toBeNull();
  });
});
