/**
 * What somebody has said to a question, as the answer that is judged by its schema and that its code is given: one value, in
 * whichever API it was said. Pure.
 */
import { dataTold, textTold, valueTold } from "../agent/agent-message.ts";
import { isJsonObject, type Json, type JsonObject } from "../json/json.ts";
import { jsonIn, READ_CHARS_MAX } from "../json/json-words.ts";
import type { Prompt } from "../task.ts";
import { type Permission, permissionIn } from "./permission.ts";

/** `words`: a person has written it, and so it may mean any JSON. A message has words and data of its own. */
export type Heard = { value: Json; words?: boolean | undefined };

/** One way to take it, and the schema that it is judged by. `given` is what the code is given where that says more. */
export type Reading = { value: Json; schema: JsonObject; given?: Json };

/** What is said to a question without a schema. */
export function plainly({ value, words = false }: Heard): Json {
  return words ? value : valueTold(value);
}

/**
 * What is said to a question with a schema may mean, the likeliest first. Words are the answer as they are where the schema
 * takes a string; else the JSON that they are, or what people say for it.
 */
export function readingsOf({ asks, schema }: Prompt, { value, words = false }: Heard): Reading[] {
  if (schema === null) return [];
  const data = words ? undefined : dataTold(value);
  // A permission may be given in the words of any API.
  const isText = typeof value === "string" && (words || isPermission(asks));
  const text = isText ? value : textTold(value);
  const read = text === undefined ? [] : readIn(text, schema);
  const told = text === undefined ? [] : [text];
  const plain = [
    ...(isOfOthers(schema) ? [] : told),
    ...(data === undefined ? [] : [data]),
    ...read,
    ...(isOfOthers(schema) ? told : []),
  ];
  const given = isPermission(asks) ? plain.flatMap((each) => permitted(permissionIn(each), schema)) : [];
  return [...plain.map((value) => ({ value, schema })), ...given];
}

/** It says what an object, a list or a number is like and not that it is one: a text would pass it. */
function isOfOthers(schema: JsonObject): boolean {
  const { type, allOf, anyOf, oneOf } = schema;
  if (type !== undefined) return false;
  if (OF_OTHERS.some((keyword) => schema[keyword] !== undefined)) return true;
  if (branchesOf(allOf).some(isOfOthers)) return true;
  return [anyOf, oneOf].some((some) => {
    const branches = branchesOf(some);
    const ofOthers = branches.filter(isOfOthers);
    return ofOthers.length > 0 && branches.every((each) => ofOthers.includes(each) || takesNoText(each));
  });
}

function takesNoText({ type }: JsonObject): boolean {
  return type !== undefined && ![type].flat().includes("string");
}

function branchesOf(some: Json | undefined): JsonObject[] {
  return Array.isArray(some) ? some.filter((each) => isJsonObject(each)) : [];
}

const OF_OTHERS = [
  ...["properties", "required", "additionalProperties", "patternProperties", "minProperties", "maxProperties"],
  ...["items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems"],
  ...["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
];

function readIn(text: string, schema: JsonObject): Json[] {
  if (text.length > READ_CHARS_MAX) return [];
  const word = text.trim();
  const lower = word.toLowerCase();
  const choices = choicesOf(schema).filter((choice) => choice.toLowerCase() === lower);
  const [choice, ...others] = choices.includes(word) ? [word] : choices;
  const json = exactIn(word);
  const truth = TRUTHS.get(lower.replace(/[.!]$/, ""));
  return [
    ...(choice !== undefined && others.length === 0 ? [choice] : []),
    ...(json === undefined ? [] : [json]),
    ...(truth === undefined ? [] : [truth]),
  ];
}

/** Not a whole number of more digits than a number keeps: what was said would be another one. */
function exactIn(word: string): Json | undefined {
  const json = jsonIn(word);
  return typeof json === "number" && /^-?\d+$/.test(word) && !Number.isSafeInteger(json) ? undefined : json;
}

const TRUTHS: ReadonlyMap<string, boolean> = new Map([
  ...["yes", "y", "true"].map((word) => [word, true] as const),
  ...["no", "n", "false"].map((word) => [word, false] as const),
]);

/** The texts that a schema lets people choose of. */
function choicesOf({ enum: listed, const: only, anyOf, oneOf }: JsonObject): string[] {
  const own = [...(Array.isArray(listed) ? listed : []), only].filter((each) => typeof each === "string");
  return [
    ...own,
    ...[anyOf, oneOf]
      .flatMap(branchesOf)
      .flatMap(({ enum: some, const: one }) => choicesOf({ enum: some, const: one })),
  ];
}

/** The forms in which a decision may be wanted. Who refuses need not fill in the rest of a form. */
function permitted(said: Permission | null, whole: JsonObject): Reading[] {
  if (said === null) return [];
  const { approved, comment, fields } = said;
  const { payload, ...others } = fields;
  const filled = { ...others, ...(isJsonObject(payload) && payload) };
  const words = comment === "" ? {} : { comment };
  const decision = approved ? "approve" : "reject";
  const isAlone = Object.keys(filled).length === 0;
  const { required: _, ...rest } = whole;
  const values: Json[] = [
    { ...fields, approved, ...words },
    { ...filled, approved, ...words },
    { ...filled, decision, ...words },
    ...(approved && !isAlone ? [filled] : []),
    ...(isAlone ? [approved, decision] : []),
  ];
  const isForm = whole["type"] === "object" || isOfOthers(whole);
  // A form may have no word for a refusal.
  const refusal = { value: filled, schema: isAlone ? {} : rest, given: { ...filled, approved, ...words } };
  return [
    ...values.map((value) => ({ value, schema: approved ? whole : rest })),
    ...(isForm && !approved ? [refusal] : []),
  ];
}

/** What may be said to a question that takes a yes or a no, or whatever else its schema takes. */
export function wantedBy({ asks, schema }: Prompt): string {
  const form = JSON.stringify(schema);
  const wanted = form.length > FORM_CHARS_MAX ? `${form.slice(0, FORM_CHARS_MAX)}…` : form;
  return isPermission(asks)
    ? `Say yes or no, with a comment behind a comma, or JSON that fits ${wanted}.`
    : `Wanted is what fits ${wanted}.`;
}

const FORM_CHARS_MAX = 400;

function isPermission(asks: Prompt["asks"]): boolean {
  return asks === "approval" || asks === "authorization";
}
