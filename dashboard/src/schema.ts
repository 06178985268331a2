/** What of a JSON Schema a form is made from. Pure: `schema-form.ts` draws it. */
import type { Json, JsonObject } from "@waybill/sdk";

/** One place to fill in. What no other one fits is written as JSON. */
export type Shape =
  | { is: "object"; properties: [name: string, schema: JsonObject, required: boolean][] }
  | { is: "list"; items: JsonObject }
  | { is: "choice"; choices: { value: Json; label: string }[] }
  | { is: "flag" }
  | { is: "number"; whole: boolean; min: number | null; max: number | null }
  | { is: "text"; input: "text" | "prose" | "date" | "datetime-local" | "time" | "email" | "url"; max: number | null }
  | { is: "json" };

/** Schemas within schemas that a form has fields for. */
const DEPTH_MAX = 5;
/** A text that may be longer than this wants more than a line. */
const LINE_CHARS = 200;

/** What is to hold besides, which may be about fields of its own. */
export const RULES: readonly string[] = ["allOf", "anyOf", "oneOf", "then", "else"];

const INPUT_OF = { date: "date", "date-time": "datetime-local", time: "time", email: "email", uri: "url" } as const;

export function shapeOf(schema: JsonObject, depth = 0): Shape {
  const choices = choicesOf(schema);
  if (choices !== null) return { is: "choice", choices };
  switch (typeOf(schema)) {
    case "object":
      return depth < DEPTH_MAX ? objectShape(schema) : { is: "json" };
    case "array": {
      const items = schema["items"];
      const isList = isObject(items) && schema["prefixItems"] === undefined;
      return depth < DEPTH_MAX && isList ? { is: "list", items } : { is: "json" };
    }
    case "boolean":
      return { is: "flag" };
    case "integer":
    case "number":
      return {
        is: "number",
        whole: typeOf(schema) === "integer",
        min: numberAt(schema, "minimum"),
        max: numberAt(schema, "maximum"),
      };
    case "string":
      return textShape(schema);
    default:
      return { is: "json" };
  }
}

/** The schema itself, or the one that it refers to within `root`; what it says beside the reference stays. */
export function resolved(schema: JsonObject, root: JsonObject): JsonObject {
  let at = schema;
  for (let steps = 0; steps < DEPTH_MAX && typeof at["$ref"] === "string"; steps++) {
    const { $ref, ...beside } = at;
    const found = pointedAt(root, String($ref));
    if (found === null) return beside;
    at = { ...found, ...beside };
  }
  return at;
}

/** The words above a field. */
export function labelOf(schema: JsonObject, name: string): string {
  return textAt(schema, "title") ?? name;
}

export function textAt(schema: JsonObject, keyword: string): string | null {
  const text = schema[keyword];
  return typeof text === "string" && text !== "" ? text : null;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function objectShape(schema: JsonObject): Shape {
  const properties = schema["properties"];
  if (!isObject(properties) || !isAllNamed(schema, properties)) return { is: "json" };
  const required = schema["required"];
  const isRequired = (name: string) => Array.isArray(required) && required.includes(name);
  return {
    is: "object",
    properties: Object.entries(properties).flatMap(([name, inner]) =>
      isObject(inner) ? [[name, inner, isRequired(name)] as [string, JsonObject, boolean]] : [],
    ),
  };
}

/** Whether fields for `properties` are enough: what is required, and what alternatives are about, may be others. */
function isAllNamed(schema: JsonObject, properties: JsonObject): boolean {
  if (Object.keys(properties).length === 0 && schema["additionalProperties"] !== false) return false;
  const parts = [schema, ...RULES.flatMap((keyword) => [schema[keyword] ?? []].flat()).filter(isObject)];
  return parts.every(({ $ref, required, properties: inner }) => {
    const names = [...(Array.isArray(required) ? required : []), ...Object.keys(isObject(inner) ? inner : {})];
    return $ref === undefined && names.every((name) => typeof name !== "string" || Object.hasOwn(properties, name));
  });
}

function textShape(schema: JsonObject): Shape {
  const format = textAt(schema, "format");
  const max = numberAt(schema, "maxLength");
  const known = Object.entries(INPUT_OF).find(([name]) => name === format)?.[1];
  const isLong = format === "textarea" || (max !== null && max > LINE_CHARS);
  return { is: "text", input: known ?? (isLong ? "prose" : "text"), max };
}

/** Of an enumeration, a constant, or alternatives that are constants with a title. */
function choicesOf(schema: JsonObject): { value: Json; label: string }[] | null {
  const { enum: values, const: only } = schema;
  if (Array.isArray(values)) return values.map((value) => ({ value, label: worded(value) }));
  if (only !== undefined) return [{ value: only, label: worded(only) }];
  const alternatives = schema["oneOf"] ?? schema["anyOf"];
  if (!Array.isArray(alternatives)) return null;
  const choices = alternatives.flatMap((each) =>
    isObject(each) && each["const"] !== undefined
      ? [{ value: each["const"], label: textAt(each, "title") ?? worded(each["const"]) }]
      : [],
  );
  return choices.length === alternatives.length && choices.length > 0 ? choices : null;
}

function worded(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The one that is not null; of none, what the keywords are about. */
function typeOf(schema: JsonObject): string | null {
  const [type, ...others] = [schema["type"] ?? "null"].flat().filter((each) => each !== "null");
  if (others.length > 0) return null;
  if (typeof type === "string") return type;
  return isObject(schema["properties"]) ? "object" : null;
}

function numberAt(schema: JsonObject, keyword: string): number | null {
  const value = schema[keyword];
  return typeof value === "number" ? value : null;
}

function pointedAt(root: JsonObject, ref: string): JsonObject | null {
  if (ref === "#") return root;
  if (!ref.startsWith("#/")) return null;
  let at: Json | undefined = root;
  for (const step of ref.slice(2).split("/")) {
    const name = decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
    if (!isObject(at)) return null;
    at = at[name];
  }
  return isObject(at) ? at : null;
}
