/**
 * The fields of "Retrieve a Task" as its reference lists them, each with its type and its allowed values: none is missing,
 * and where an object is closed none is added.
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { bpmLens } from "../../src/lenses/bpm/routes.ts";
import { openapiDocument } from "../../src/lenses/openapi.ts";

type Row = { path: string; type: string; values?: readonly string[]; open?: true };

const MESSAGE_FIELDS = ["contextId", "kind", "messageId", "metadata", "parts", "role", "taskId"] as const;
const OBJECTS: Readonly<Record<string, readonly string[]>> = {
  "": ["artifacts", "contextId", "final", "history", "id", "kind", "metadata", "status"],
  status: ["message", "state", "timestamp"],
  "artifacts[]": ["append", "artifactId", "description", "lastChunk", "metadata", "name", "parts"],
  "artifacts[].parts[]": ["kind", "metadata", "text", "type"],
  "history[]": MESSAGE_FIELDS,
  "status.message": MESSAGE_FIELDS,
};

const message = (at: string): Row[] => [
  { path: `${at}.contextId`, type: "string" },
  { path: `${at}.kind`, type: "string", values: ["message"] },
  { path: `${at}.messageId`, type: "string" },
  { path: `${at}.metadata`, type: "object", open: true },
  { path: `${at}.parts`, type: "array" },
  { path: `${at}.role`, type: "string", values: ["user", "agent"] },
  { path: `${at}.taskId`, type: "string" },
];
const part = (at: string): Row[] => [
  { path: `${at}.kind`, type: "string", values: ["text"] },
  { path: `${at}.metadata`, type: "object", open: true },
  { path: `${at}.text`, type: "string" },
  { path: `${at}.type`, type: "string", values: ["text"] },
];

const CATALOGUE: readonly Row[] = [
  { path: "artifacts", type: "array" },
  { path: "contextId", type: "string" },
  { path: "final", type: "boolean" },
  { path: "history", type: "array" },
  { path: "id", type: "string" },
  { path: "kind", type: "string", values: ["task"] },
  { path: "metadata", type: "object", open: true },
  { path: "status", type: "object" },
  {
    path: "status.state",
    type: "string",
    values: ["submitted", "working", "input-required", "completed", "canceled", "failed", "unknown"],
  },
  { path: "status.timestamp", type: "string" },
  { path: "status.message", type: "object" },
  ...message("status.message"),
  ...part("status.message.parts[]"),
  { path: "artifacts[].append", type: "boolean" },
  { path: "artifacts[].artifactId", type: "string" },
  { path: "artifacts[].description", type: "string" },
  { path: "artifacts[].lastChunk", type: "boolean" },
  { path: "artifacts[].metadata", type: "object", open: true },
  { path: "artifacts[].name", type: "string" },
  { path: "artifacts[].parts", type: "array" },
  ...part("artifacts[].parts[]"),
  ...message("history[]"),
  ...part("history[].parts[]"),
];

const node = z.looseObject({
  type: z.string().optional(),
  const: z.string().optional(),
  enum: z.array(z.string()).optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  items: z.unknown().optional(),
  additionalProperties: z.unknown().optional(),
});

const DOCUMENT = openapiDocument(bpmLens, { version: "1", mount: "/bpm/api/4.0" });
const SCHEMAS = z.object({ schemas: z.record(z.string(), z.unknown()) }).parse(DOCUMENT["components"]).schemas;

const reference = z.looseObject({
  $ref: z.string().optional(),
  allOf: z.array(z.object({ $ref: z.string() })).optional(),
});

function resolved(value: unknown) {
  const { $ref, allOf } = reference.parse(value);
  const name = $ref ?? allOf?.[0]?.$ref;
  return node.parse(name === undefined ? value : SCHEMAS[name.replace("#/components/schemas/", "")]);
}

/** The place of a path in the schema of a task. */
function at(path: string) {
  let found = resolved(SCHEMAS["Task"]);
  for (const step of path.split(/\.|(?=\[\])/).filter((name) => name !== "")) {
    found = resolved(step === "[]" ? found.items : found.properties?.[step]);
  }
  return found;
}

describe("the body of a retrieved task", () => {
  it.each(CATALOGUE)("has $path, of type $type", ({ path, type, values, open }) => {
    const found = at(path);
    expect(found.type).toBe(type);
    if (values !== undefined) expect(found.enum ?? [found.const]).toEqual(values);
    if (open) expect(found.additionalProperties).not.toBe(false);
  });

  it.each(Object.entries(OBJECTS))("has nothing else in its object at '%s'", (path, fields) => {
    const found = at(path);
    expect(Object.keys(found.properties ?? {}).sort()).toEqual([...fields].sort());
    expect(found.additionalProperties).toBe(false);
  });

  it("is told by the published path, parameters and statuses", () => {
    const operation = z
      .object({
        get: z.looseObject({
          parameters: z.array(
            z.looseObject({ name: z.string(), in: z.string(), schema: z.looseObject({ type: z.string() }) }),
          ),
          responses: z.record(z.string(), z.unknown()),
        }),
      })
      .parse(z.record(z.string(), z.unknown()).parse(DOCUMENT["paths"])["/tasks/{id}"]).get;
    expect(operation.parameters.map(({ name, in: where, schema }) => [name, where, schema.type])).toEqual([
      ["id", "path", "string"],
      ["expand", "query", "string"],
      ["metadataFlag", "query", "boolean"],
      ["view", "query", "string"],
    ]);
    expect(operation).not.toHaveProperty("requestBody");
    expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(["200", "400", "401", "404", "500"]));
  });
});
