/**
 * Whether an answer fits the JSON Schema of its question: at the door, so that one that does not leaves the question open.
 *
 * A schema may come from a caller. So `pattern` is for the form that people see and judges nothing here, as an expression
 * can be written that takes for ever; a schema that refers to itself, or that is none, judges nothing either.
 */
import { z } from "zod";
import { Refusal } from "../../task/errors.ts";
import { isJsonObject, type Json, type JsonObject } from "../../task/json.ts";
import type { Prompt } from "../../task/task.ts";

const schemas = new WeakMap<JsonObject, z.ZodType | null>();

/** Throws `invalid`, naming the field below `field`. */
export function mustFit(schema: JsonObject | null, value: Json, field: string): void {
  const [issue] = (schema && schemaOf(schema)?.safeParse(value).error?.issues) || [];
  if (!issue) return;
  const path = [field, ...issue.path].join(".");
  throw new Refusal("invalid", `${path}: ${issue.message}`, { field: path });
}

/** The same of an answer; a permission may be given in the words of any API. */
export function mustAnswer({ asks, schema }: Prompt, value: Json): void {
  const isPermission = asks === "approval" || asks === "authorization";
  if (!isPermission || !isWord(value)) mustFit(schema, value, "value");
}

function isWord(value: Json): boolean {
  if (typeof value === "string" || typeof value === "boolean") return true;
  if (!isJsonObject(value)) return false;
  const word = value["approved"] ?? value["decision"];
  return typeof word === "string" || typeof word === "boolean";
}

function schemaOf(schema: JsonObject): z.ZodType | null {
  const known = schemas.get(schema);
  if (known !== undefined) return known;
  const read = compiled(schema);
  schemas.set(schema, read);
  return read;
}

function compiled(schema: JsonObject): z.ZodType | null {
  try {
    const judging = judged(schema);
    return judging === null ? null : z.fromJSONSchema(judging);
  } catch {
    return null;
  }
}

/** Keywords whose value is a schema for each of the names in it. */
const OF_NAMES: ReadonlySet<string> = new Set(["properties", "$defs", "definitions", "dependentSchemas"]);
const NOT_JUDGED: ReadonlySet<string> = new Set(["pattern", "patternProperties"]);
/** Keywords whose value is no schema. */
const VALUES: ReadonlySet<string> = new Set(["enum", "const", "default", "examples", "required"]);

/** Null when it refers to a schema. */
function judged(schema: JsonObject): JsonObject | null {
  const copy: JsonObject = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === "$ref" || keyword === "$dynamicRef") return null;
    if (value === undefined || NOT_JUDGED.has(keyword)) continue;
    const inner = VALUES.has(keyword) ? value : inside(value, OF_NAMES.has(keyword));
    if (inner === null && value !== null) return null;
    copy[keyword] = inner;
  }
  return copy;
}

function inside(value: Json, ofNames: boolean): Json {
  if (Array.isArray(value)) {
    const items = value.map((item) => inside(item, false));
    return items.some((item, at) => item === null && value[at] !== null) ? null : items;
  }
  if (typeof value !== "object" || value === null) return value;
  if (!ofNames) return judged(value);
  const copy: JsonObject = {};
  for (const [name, schema] of Object.entries(value)) {
    const inner = schema === undefined ? undefined : inside(schema, false);
    if (inner === null && schema !== null) return null;
    if (inner !== undefined) Object.defineProperty(copy, name, { value: inner, enumerable: true });
  }
  return copy;
}
