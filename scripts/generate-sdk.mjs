// Writes sdk/src/generated/api.ts from the OpenAPI document that the server publishes, so that the client's types and
// the server's schemas cannot part. With --check nothing is written: exit 1 says that the file is stale.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { nativeLens } from "../server/src/lenses/native/routes.ts";
import { openapiDocument } from "../server/src/lenses/openapi.ts";
import { TERMINAL_EVENTS } from "../server/src/task/events/event.ts";
import { TERMINAL_STATES } from "../server/src/task/states.ts";
import { VERSION } from "../server/src/version.ts";

const target = fileURLToPath(new URL("../sdk/src/generated/api.ts", import.meta.url));
const METHODS = ["get", "put", "post", "patch", "delete"];
const COMPONENT = "#/components/schemas/";

/** The TypeScript type of a JSON Schema, as far as the document uses that language. Anything else is an error. */
function typeOf(schema, indent = "") {
  if (schema === true || schema === undefined) return "Json";
  if (schema === false) return "never";
  if (schema.$ref !== undefined) {
    if (!schema.$ref.startsWith(COMPONENT)) throw new Error(`cannot follow ${schema.$ref}`);
    return schema.$ref.slice(COMPONENT.length);
  }
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return union(choices.map((choice) => typeOf(choice, indent)));
  if (schema.allOf !== undefined) return schema.allOf.map((part) => `(${typeOf(part, indent)})`).join(" & ");
  if (Array.isArray(schema.type)) return union(schema.type.map((type) => typeOf({ ...schema, type }, indent)));
  switch (schema.type) {
    case "string":
      return "string";
    case "integer":
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    case "null":
      return "null";
    case "array":
      return `(${typeOf(schema.items, indent)})[]`;
    case "object":
      return objectType(schema, indent);
    case undefined:
      return schema.properties === undefined ? "Json" : objectType(schema, indent);
    default:
      throw new Error(`no TypeScript for ${JSON.stringify(schema)}`);
  }
}

function union(types) {
  return [...new Set(types)].join(" | ");
}

function objectType({ properties, required = [], additionalProperties }, indent) {
  if (properties === undefined || Object.keys(properties).length === 0) {
    if (additionalProperties === false) return "Record<string, never>";
    const free = additionalProperties === undefined || additionalProperties === true;
    if (free || Object.keys(additionalProperties).length === 0) return "JsonObject";
    return `Record<string, ${typeOf(additionalProperties, indent)}>`;
  }
  const inner = `${indent}  `;
  const fields = Object.entries(properties).map(([name, schema]) => {
    const key = /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);
    const type = typeOf(schema, inner);
    const optional = !required.includes(name);
    return `${comment(schema, inner)}${inner}${key}${optional ? "?" : ""}: ${type}${optional ? " | undefined" : ""};\n`;
  });
  return `{\n${fields.join("")}${indent}}`;
}

function comment({ description }, indent) {
  return typeof description === "string" ? `${indent}/** ${description.replaceAll("*/", "*\\/")} */\n` : "";
}

function list(name, type, values) {
  const items = values.map((value) => `  ${JSON.stringify(value)},\n`).join("");
  return `export const ${name} = [\n${items}] as const;\n${type === null ? "" : `export type ${type} = (typeof ${name})[number];\n`}\n`;
}

/** The types of each event's data, field by field: what a client checks before it reads one. */
function eventData(schemas) {
  const lines = schemas.KnownEvent.anyOf.map(({ $ref }) => {
    const { type, data } = schemas[$ref.slice(COMPONENT.length)].properties;
    const { properties, required = [] } = data;
    const fields = required.flatMap((name) => {
      const types = jsonTypesOf(properties[name], schemas);
      return types.length === 0 ? [] : [`${name}: ${JSON.stringify(types)}`];
    });
    return `  ${JSON.stringify(type.const)}: { ${fields.join(", ")} },\n`;
  });
  return `export const EVENT_DATA = {\n${lines.join("")}} as const;\n\n`;
}

/** What `typeof` and its like may say of a value; nothing where it may be anything. */
function jsonTypesOf({ $ref, anyOf, type }, schemas) {
  if ($ref !== undefined) return jsonTypesOf(schemas[$ref.slice(COMPONENT.length)], schemas);
  if (anyOf !== undefined) return [...new Set(anyOf.flatMap((choice) => jsonTypesOf(choice, schemas)))];
  return [type ?? []].flat().map((name) => (name === "integer" ? "number" : name));
}

function contentOf({ content } = {}, ...types) {
  for (const type of types) if (content?.[type] !== undefined) return content[type].schema;
  return undefined;
}

/** The body of the first good answer, as JSON; `undefined` for one without. */
function answerOf(responses) {
  const good = Object.keys(responses).find((status) => status.startsWith("2"));
  const schema = good === undefined ? undefined : contentOf(responses[good], "application/json");
  return schema === undefined ? "undefined" : typeOf(schema, "    ");
}

function operation(name, path, method, { parameters = [], requestBody, responses, summary }) {
  // What makes the answer one of another type is nothing that the client asks for: its answers have one.
  const of = (place) =>
    parameters.filter((parameter) => parameter.in === place && parameter.schema["x-other-type"] !== true);
  const object = (place) => {
    const properties = Object.fromEntries(
      of(place).map(({ name, schema, description }) => [name, { ...schema, ...(description && { description }) }]),
    );
    const required = of(place).flatMap(({ name, required }) => (required ? [name] : []));
    if (of(place).length === 0) return "undefined";
    return objectType({ properties, required }, "    ") + (required.length === 0 ? " | undefined" : "");
  };
  const body = contentOf(requestBody, "application/json");
  return {
    route: `  ${name}: { method: ${JSON.stringify(method.toUpperCase())}, path: ${JSON.stringify(path)} },\n`,
    type:
      `${comment({ description: summary }, "  ")}  ${name}: {\n` +
      `    params: ${object("path")};\n` +
      `    query: ${object("query")};\n` +
      `    body: ${body === undefined ? "undefined" : `${typeOf(body, "    ")}${requestBody.required ? "" : " | undefined"}`};\n` +
      `    answer: ${answerOf(responses)};\n  };\n`,
  };
}

function generate(document) {
  const { schemas } = document.components;
  const { State: state, ...rest } = schemas;
  const codes = schemas.Problem.properties.code.enum;
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const found = item[method];
      return found === undefined ? [] : [operation(found.operationId, path, method, found)];
    }),
  );
  return [
    "// Written by scripts/generate-sdk.mjs from the server's OpenAPI document: npm run generate.\n\n",
    "export type Json = string | number | boolean | null | Json[] | JsonObject;\n",
    "export type JsonObject = { [key: string]: Json | undefined };\n\n",
    list("STATES", "State", state.enum),
    list("TERMINAL_STATES", "TerminalState", [...TERMINAL_STATES]),
    list("TERMINAL_EVENTS", null, [...TERMINAL_EVENTS]),
    list("ERROR_CODES", "ErrorCode", codes),
    eventData(schemas),
    ...Object.entries(rest).map(
      ([name, schema]) => `${comment(schema, "")}export type ${name} = ${typeOf(schema)};\n\n`,
    ),
    `export type Operations = {\n${operations.map(({ type }) => type).join("")}};\n\n`,
    `export const ROUTES = {\n${operations.map(({ route }) => route).join("")}} as const;\n`,
  ].join("");
}

const text = generate(openapiDocument(nativeLens, { version: VERSION, mount: "" }));
if (!process.argv.includes("--check")) {
  await writeFile(target, text);
} else if ((await readFile(target, "utf8").catch(() => "")) !== text) {
  console.error("sdk/src/generated/api.ts does not fit the server's OpenAPI document: run npm run generate.");
  process.exitCode = 1;
}
