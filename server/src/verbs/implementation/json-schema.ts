/**
 * Whether a value fits a JSON Schema of any current draft. Schemas may come from callers, and one can be written that takes for ever,
 * by a regular expression or by references: so this runs in a thread that can be stopped, see `schema-thread.ts`. Nothing is fetched: a
 * reference must lead to a place in the schema itself.
 */
import { type OutputUnit, type SchemaDraft, Validator } from "@cfworker/json-schema";
import type { Json, JsonObject } from "../../task/json/json.ts";

/** A misfit: its path in the value, from the outside in, and the reason. */
export type Misfit = { path: string[]; message: string };

/** The first misfit; null for a value that fits, and for an invalid schema, which checks nothing. */
export function misfitOf(schema: JsonObject, value: Json): Misfit | null {
  try {
    const { errors } = new Validator(schema, draftOf(schema)).validate(value);
    const first = errors.find(({ keyword }) => !AROUND.has(keyword)) ?? errors.at(-1);
    return first === undefined ? null : misfit(first);
  } catch {
    return null;
  }
}

/** Why the schema is unusable: a part that cannot be read, or a reference to nowhere. Null when it is usable. */
export function faultOf(schema: JsonObject): string | null {
  try {
    new Validator(schema, draftOf(schema));
    return faultIn(schema, schema);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Keywords whose misfit only says that there is one further inside. */
const AROUND: ReadonlySet<string> = new Set([
  ...["properties", "patternProperties", "additionalProperties", "unevaluatedProperties", "propertyNames"],
  ...["items", "prefixItems", "additionalItems", "unevaluatedItems", "contains", "dependentSchemas", "dependencies"],
  ...["$ref", "$recursiveRef", "allOf", "anyOf", "oneOf", "if", "then", "else"],
]);

const DRAFTS: readonly [named: string, draft: SchemaDraft][] = [
  ["draft-04", "4"],
  ["draft-06", "7"],
  ["draft-07", "7"],
  ["2019-09", "2019-09"],
];

/** The newest draft if it names none, or an older one for a list of items in its style. */
function draftOf({ $schema }: JsonObject): SchemaDraft {
  const named = typeof $schema === "string" ? $schema : "";
  return DRAFTS.find(([name]) => named.includes(name))?.[1] ?? "2020-12";
}

const MISSING = /required property "(.*)"/s;

function misfit({ keyword, instanceLocation, error }: OutputUnit): Misfit {
  const path = instanceLocation
    .split("/")
    .slice(1)
    .map((name) => decoded(name));
  const missing = keyword === "required" ? MISSING.exec(error)?.[1] : undefined;
  if (missing !== undefined) return { path: [...path, missing], message: "is required" };
  return { path, message: error.replace(/^./, (letter) => letter.toLowerCase()) };
}

/** A name in a JSON pointer. */
function decoded(name: string): string {
  return name.replaceAll("~1", "/").replaceAll("~0", "~");
}

/** Keywords whose value is a schema per name, and those whose value is no schema. */
const OF_NAMES: ReadonlySet<string> = new Set([
  ...["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"],
]);
const VALUES: ReadonlySet<string> = new Set(["enum", "const", "default", "examples", "required"]);
const TYPES: ReadonlySet<unknown> = new Set(["array", "boolean", "integer", "null", "number", "object", "string"]);

function faultIn(schema: unknown, root: JsonObject): string | null {
  if (typeof schema !== "object" || schema === null)
    return typeof schema === "boolean" ? null : "a schema is an object";
  for (const [keyword, value] of Object.entries(schema)) {
    const fault = faultAt(keyword, value, root);
    if (fault !== null) return `${keyword}: ${fault}`;
  }
  return null;
}

function faultAt(keyword: string, value: unknown, root: JsonObject): string | null {
  if (VALUES.has(keyword)) return null;
  if (keyword === "type")
    return [value].flat().every((type) => TYPES.has(type)) ? null : `${JSON.stringify(value)} is no type`;
  if (keyword === "pattern") return faultOfPattern(value);
  if (keyword === "$ref") return leads(value, root) ? null : `${JSON.stringify(value)} leads to nothing in this schema`;
  if (typeof value !== "object" || value === null) return null;
  if (keyword === "patternProperties")
    for (const pattern of Object.keys(value)) if (faultOfPattern(pattern) !== null) return faultOfPattern(pattern);
  const inside = OF_NAMES.has(keyword) || Array.isArray(value) ? Object.values(value) : [value];
  for (const inner of inside) {
    if (typeof inner !== "object" || inner === null) continue;
    const fault = faultIn(inner, root);
    if (fault !== null) return fault;
  }
  return null;
}

function faultOfPattern(pattern: unknown): string | null {
  try {
    if (typeof pattern !== "string") return "is no text";
    new RegExp(pattern, "u");
    return null;
  } catch {
    return `${JSON.stringify(pattern)} is no regular expression`;
  }
}

/** A pointer from the root is followed; anchors and ids are left to the validator. */
function leads(ref: unknown, root: JsonObject): boolean {
  if (typeof ref !== "string") return false;
  if (!ref.startsWith("#")) return !/^[a-z]+:\/\//i.test(ref);
  if (ref === "#" || !ref.startsWith("#/")) return true;
  let at: unknown = root;
  for (const name of ref.slice(2).split("/")) {
    if (typeof at !== "object" || at === null) return false;
    at = new Map(Object.entries(at)).get(decoded(unescaped(name)));
  }
  return at !== undefined;
}

function unescaped(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
