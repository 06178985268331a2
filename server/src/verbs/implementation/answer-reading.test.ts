/** What somebody said to a question, as the answer that its code is given. */
import { expect, it } from "vitest";
import { Refusal } from "../../task/errors.ts";
import type { Json, JsonObject } from "../../task/json/json.ts";
import type { Part } from "../../task/part.ts";
import { type Heard, readingsOf } from "../../task/people/answer-reading.ts";
import type { Prompt } from "../../task/task.ts";
import { answerIn } from "./answer-check.ts";

const said = (value: string): Heard => ({ value, words: true });
const message = (...parts: Part[]): Heard => ({ value: { message: { id: "m", parts } } });

async function given(schema: JsonObject | null, heard: Heard, asks: Prompt["asks"] = "answer"): Promise<Json> {
  try {
    return await answerIn({ name: "q", asks, text: "?", schema }, heard, "acme");
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return `refused: ${error.message}`;
  }
}

const pages = { type: "object", required: ["pages"], properties: { pages: { type: "integer", minimum: 1 } } };
const REFUSED = expect.stringMatching(/^refused: value/);

it.each<[what: string, schema: JsonObject | null, words: string, answer: unknown]>([
  ["a text", { type: "string" }, "42", "42"],
  ["a text as it is", { type: "string" }, " yes ", " yes "],
  ["a text that is too short", { type: "string", minLength: 3 }, "42", REFUSED],
  ["an integer", { type: "integer" }, " 42 ", 42],
  ["an integer in words", { type: "integer" }, "forty-two", REFUSED],
  ["a number that is no integer", { type: "integer" }, "4.2", REFUSED],
  ["a number that is too large for JSON", { type: "number" }, "1e999", REFUSED],
  ["a number whose last digit would be lost", { type: "integer" }, "9007199254740993", REFUSED],
  ["the largest whole number", { type: "integer" }, "-9007199254740991", -9007199254740991],
  ["a number in words of letters", { type: "number" }, "1e20", 1e20],
  ["a yes", { type: "boolean" }, "Yes.", true],
  ["a no", { type: "boolean" }, "n", false],
  ["what is JSON", { type: "boolean" }, "true", true],
  ["a perhaps", { type: "boolean" }, "perhaps", REFUSED],
  ["nothing", { type: "null" }, "null", null],
  ["a list", { type: "array", items: { type: "integer" } }, "[1, 2]", [1, 2]],
  ["a list of others", { type: "array", items: { type: "integer" } }, '["a"]', REFUSED],
  ["an object", pages, '{"pages": 3}', { pages: 3 }],
  ["an object with a fault", pages, '{"pages": -3}', REFUSED],
  ["an object that does not say that it is one", { properties: { a: {} }, required: ["a"] }, '{"a":1}', { a: 1 }],
  ["a choice", { enum: ["pdf", "html"] }, " PDF ", "pdf"],
  ["a choice of others", { enum: [1, 2, null] }, "2", 2],
  ["no choice", { enum: ["pdf", "html"] }, "doc", REFUSED],
  ["one of two choices that differ in case", { enum: ["pdf", "PDF"] }, "PDF", "PDF"],
  ["none of two choices that differ in case", { enum: ["pdf", "PDF"] }, "Pdf", REFUSED],
  ["a text, where JSON fits too", { type: ["string", "integer"] }, "42", "42"],
  ["a text, where anything fits", {}, "42", "42"],
  ["any of several", { anyOf: [{ type: "integer" }, { type: "boolean" }] }, "no", false],
  ["one of several", { oneOf: [{ const: "later" }, { type: "integer" }] }, "Later", "later"],
  ["a number or nothing", { type: ["number", "null"] }, "0.5", 0.5],
  ["a list with half a character in it", { type: "array" }, String.raw`["\ud800"]`, ["\ufffd"]],
  ["an object, where no type is said", { additionalProperties: { type: "integer" } }, '{"a":1}', { a: 1 }],
  ["a list, where no type is said", { minItems: 1 }, "[1]", [1]],
  ["a number, where no type is said", { exclusiveMinimum: 0 }, "42", 42],
  [
    "one of two objects, where no type is said",
    { anyOf: [{ required: ["a"] }, { required: ["b"] }] },
    '{"a":1}',
    { a: 1 },
  ],
  ["an object or a number", { oneOf: [{ required: ["a"] }, { type: "integer" }] }, '{"a":1}', { a: 1 }],
  ["an object of two descriptions", { allOf: [{}, { properties: { a: {} } }] }, '{"a":1}', { a: 1 }],
  ["a text, where objects fit too", { anyOf: [{ type: "string" }, { required: ["a"] }] }, '{"a":1}', '{"a":1}'],
  ["words, where nothing is wanted", null, '{"a":1}', '{"a":1}'],
])("takes words for %s", async (_, schema, words, answer) => {
  expect(await given(schema, said(words))).toEqual(answer);
  expect(await given(schema, message({ text: words }))).toEqual(answer);
});

it.each<[what: string, schema: JsonObject | null, heard: Heard, answer: unknown]>([
  ["the data of a message", pages, message({ data: { pages: 3 } }), { pages: 3 }],
  ["the data behind its words", pages, message({ text: "Here:" }, { data: { pages: 3 } }), { pages: 3 }],
  ["the words beside its data", { type: "string" }, message({ text: "Here" }, { data: { a: 1 } }), "Here"],
  ["data that is a number", { type: "integer" }, message({ data: 42 }), 42],
  ["data that is nothing", null, message({ data: null }), null],
  ["a file alone", { type: "string" }, message({ file: { url: "https://example.com/a" } }), REFUSED],
  ["two pieces of data", pages, message({ data: { pages: 3 } }, { data: { pages: 4 } }), REFUSED],
  ["a value", { type: "integer" }, { value: 42 }, 42],
  ["a text in the place of a number", { type: "integer" }, { value: "42" }, REFUSED],
])("takes %s", async (_, schema, heard, answer) => {
  expect(await given(schema, heard)).toEqual(answer);
});

const approval = {
  type: "object",
  required: ["approved"],
  properties: { approved: { type: "boolean" }, comment: { type: "string" } },
};
const seats = {
  type: "object",
  required: ["seats", "row"],
  properties: { seats: { type: "integer" }, row: { type: "string" } },
  additionalProperties: false,
};
const refusal = { approved: false, seats: 1 };
const bill = {
  type: "object",
  required: ["approved", "euros"],
  properties: { approved: { type: "boolean" }, euros: { type: "number" }, comment: { type: "string" } },
  additionalProperties: false,
};

it.each<[what: string, schema: JsonObject, value: Json, answer: unknown]>([
  ["yes", approval, "Yes!", { approved: true }],
  ["a yes with a comment", approval, "approve: fine with me", { approved: true, comment: "fine with me" }],
  ["a yes that is bound to something", approval, "yes, but only five", REFUSED],
  ["a yes that is taken back", approval, "yes, never", REFUSED],
  ["a yes to something else", approval, "ok, stop it", REFUSED],
  ["a yes as long as something lasts", approval, "yes, as long as it is cheap", REFUSED],
  ["no", approval, "NO", { approved: false }],
  ["a no with a comment", approval, "No, too dear.", { approved: false, comment: "too dear." }],
  ["no word for either", approval, "maybe", REFUSED],
  ["what begins like a no", approval, "No problem", REFUSED],
  ["a decision", approval, { decision: "approve", reason: "Fine" }, { approved: true, comment: "Fine" }],
  ["a decision that is none", approval, { decision: "later" }, REFUSED],
  ["true", approval, true, { approved: true }],
  ["a filled form", bill, { approved: true, euros: 5 }, { approved: true, euros: 5 }],
  ["a form as a payload", bill, { approved: true, payload: { euros: 5 } }, { approved: true, euros: 5 }],
  ["a form without its fields", bill, "yes", REFUSED],
  ["a form with a wrong field", bill, { approved: true, euros: "five" }, REFUSED],
  ["a form that is refused", bill, "no, too dear", { approved: false, comment: "too dear" }],
  ["a form that is refused with a wrong field", bill, { approved: false, euros: "five" }, REFUSED],
  ["a form in words", bill, '{"approved": "yes", "euros": 5}', { approved: true, euros: 5 }],
  ["a refusal beside a field of a form that has no word for it", seats, { approved: false, seats: 1 }, refusal],
  ["a refusal beside a wrong field of such a form", seats, { approved: false, seats: "one" }, REFUSED],
  ["a flag", { type: "boolean" }, "yes", true],
  ["a flag with a comment", { type: "boolean" }, "no, too dear", false],
  ["a choice", { enum: ["ship", "hold"] }, "Hold", "hold"],
  ["another choice", { enum: ["ship", "hold"] }, "yes", REFUSED],
  ["a choice of the usual two", { enum: ["approve", "reject"] }, "yes", "approve"],
])("takes for an approval %s", async (_, schema, value, answer) => {
  expect(await given(schema, { value }, "approval")).toEqual(answer);
  if (typeof value === "string") expect(await given(schema, message({ text: value }), "approval")).toEqual(answer);
});

it("looks at long words once, however many there are to choose of", () => {
  const choices = Array.from({ length: 4_000 }, (_, n) => `Choice ${n}`);
  const prompt = { name: "q", asks: "answer", text: "?", schema: { enum: choices } } as const;
  const before = process.threadCpuUsage();
  readingsOf(prompt, said("X".repeat(1 << 16)));
  const { user, system } = process.threadCpuUsage(before);
  expect((user + system) / 1_000).toBeLessThan(500);
});

it("reads no JSON out of words that are longer than any answer, and takes them for a text", async () => {
  const brackets = "[".repeat(1 << 19) + "]".repeat(1 << 19);
  const before = process.threadCpuUsage();
  readingsOf({ name: "q", asks: "answer", text: "?", schema: { type: "array" } }, said(brackets));
  const { user, system } = process.threadCpuUsage(before);
  expect((user + system) / 1_000).toBeLessThan(100);
  expect(await given({ type: "string" }, said(brackets))).toBe(brackets);
});

it("says of words that were read as a number, a list or a form what is wrong with that, and not that they are words", async () => {
  const said = async (schema: JsonObject, words: string) =>
    answerIn({ name: "q", text: "?", asks: "answer", schema }, { value: words, words: true }, "acme").catch(
      (error: unknown) => (error instanceof Refusal ? error.message.split(" Wanted")[0] : null),
    );
  expect(await said({ type: "number", maximum: 10 }, "99")).toBe("value: 99 is greater than 10.");
  expect(await said({ type: "integer", minimum: 1 }, "0")).toBe("value: 0 is less than 1.");
  expect(await said({ type: "integer" }, "1.5")).toContain('"number" is invalid. Expected "integer"');
  expect(await said({ type: "integer" }, "some")).toContain('"string" is invalid. Expected "integer"');
  expect(await said({ type: "array", minItems: 2 }, "[1]")).toContain("few items");
  expect(await said({ type: ["integer", "null"], maximum: 3 }, "4")).toBe("value: 4 is greater than 3.");
  expect(await said({ type: "object", required: ["pages"] }, "{}")).toContain("pages");
});

it("says what may be said, and where the fault is", async () => {
  expect(await given(pages, said('{"pages":-3}'))).toMatch(/^refused: value\.pages: .*Wanted is what fits \{"type"/);
  expect(await given(bill, { value: "yes" }, "approval")).toMatch(
    /^refused: value\.euros: is required\. Say yes or no, /,
  );
});
