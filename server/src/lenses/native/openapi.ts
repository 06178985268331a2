/** The OpenAPI 3.1 document of the native API, made from the table of routes without a server. */
import { z } from "zod";
import { ERROR_CODES } from "../../task/errors.ts";
import type { JsonObject } from "../../task/json.ts";
import { MEANING, STATUS } from "./errors.ts";
import type { AnswerDoc, Route } from "./route.ts";
import { problem } from "./schema.ts";

const SCHEMAS = "#/components/schemas/";

/** Statuses that any call may get; the others need a body, an id or a state. */
const ALWAYS = [400, 401, 403, 413, 429, 500, 503];

/** The document as a plain JSON value. */
export function openapiDocument({ routes, version }: { routes: readonly Route[]; version: string }): JsonObject {
  const paths: Record<string, JsonObject> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Waybill",
      version,
      description:
        "A durable task server for AI agents. What is acknowledged is on disk. Every error is a problem detail of " +
        "RFC 9457 with a `code` for programs and the `request_id` of the log.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    security: [{ bearer: [] }, { apiKey: [] }, { basic: [] }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "An API key: `Authorization: Bearer sk_…`." },
        apiKey: { type: "apiKey", in: "header", name: "X-API-Key" },
        basic: { type: "http", scheme: "basic", description: "The key as password; the user name is ignored." },
      },
      schemas: componentSchemas(routes),
      responses: problemResponses(),
    },
  };
}

function operation(route: Route): JsonObject {
  const parameters = [...pathParameters(route), ...queryParameters(route)];
  if (route.streams) {
    parameters.push({
      name: "Last-Event-ID",
      in: "header",
      required: false,
      description: "Number of the last event that you have: the stream goes on after it.",
      schema: { type: "integer", minimum: 0 },
    });
  }
  if (route.idempotent) {
    parameters.push({
      name: "Idempotency-Key",
      in: "header",
      required: false,
      description:
        "A string of yours, remembered for 24 h: the same request again takes effect once, another one gets 422.",
      schema: { type: "string", minLength: 1, maxLength: 255 },
    });
  }
  return {
    operationId: route.id,
    tags: [route.tag],
    summary: route.summary,
    ...(route.description !== undefined && { description: route.description }),
    ...(parameters.length > 0 && { parameters }),
    ...(route.body !== null && {
      requestBody: {
        required: !route.body.safeParse(undefined).success,
        content: { "application/json": { schema: schemaOf(route.body, "input"), ...exampleOf(route.body) } },
      },
    }),
    responses: { ...answersOf(route), ...problemsOf(route) },
  };
}

function pathParameters({ params }: Route): JsonObject[] {
  return Object.entries(params).map(([name, { about }]) => ({
    name,
    in: "path",
    required: true,
    description: about,
    schema: { type: "string" },
  }));
}

const objectSchema = z.object({
  properties: z.record(z.string(), z.record(z.string(), z.json())).optional(),
  required: z.array(z.string()).optional(),
});

function queryParameters({ query }: Route): JsonObject[] {
  const { properties = {}, required = [] } = objectSchema.parse(schemaOf(query, "input"));
  return Object.entries(properties).map(([name, { description, ...property }]) => ({
    name,
    in: "query",
    required: required.includes(name),
    ...(description !== undefined && { description }),
    ...(property["type"] === "object" && { style: "deepObject", explode: true }),
    schema: property,
  }));
}

function answersOf({ answers, streams }: Route): JsonObject {
  return Object.fromEntries(
    answers.map((answer) => [
      String(answer.status),
      {
        description: answer.about,
        headers: { ...headersOf(answer), "X-Request-ID": { schema: { type: "string" } } },
        ...(answer.schema !== undefined && {
          content: {
            "application/json": { schema: schemaOf(answer.schema, "output") },
            ...(streams && {
              "text/event-stream": {
                schema: { type: "string", description: "Frames: id, event, data. `data` is an Event as JSON." },
                example: `id: 1\nevent: task.submitted\ndata: {"seq":1,"type":"task.submitted",…}\n\n`,
              },
            }),
          },
        }),
      },
    ]),
  );
}

function headersOf({ headers = {} }: AnswerDoc): JsonObject {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: "string" } }]),
  );
}

/** The statuses of problems that a route can answer with. */
export function problemStatuses(route: Route): number[] {
  return [
    ...ALWAYS.filter((status) => status !== 413 || route.body !== null),
    ...(route.path.includes("{") ? [404] : []),
    ...(route.method !== "GET" && route.path.includes("{") ? [409] : []),
    ...(route.body !== null ? [415] : []),
    ...(route.idempotent ? [422] : []),
  ].sort((a, b) => a - b);
}

function problemsOf(route: Route): JsonObject {
  return Object.fromEntries(
    problemStatuses(route).map((status) => [String(status), { $ref: `#/components/responses/Problem${status}` }]),
  );
}

function problemResponses(): JsonObject {
  const statuses = [...new Set([...Object.values(STATUS), 415, 422])].sort((a, b) => a - b);
  return Object.fromEntries(
    statuses.map((status) => {
      const codes = ERROR_CODES.filter((code) => STATUS[code] === status);
      const description =
        status === 415
          ? "`invalid`: the body is not application/json."
          : status === 422
            ? "`conflict`: the Idempotency-Key was used for another request."
            : codes.map((code) => `\`${code}\`: ${MEANING[code]}`).join(" ");
      return [
        `Problem${status}`,
        {
          description,
          ...((status === 503 || status === 429) && {
            headers: { "Retry-After": { description: "Seconds.", schema: { type: "integer" } } },
          }),
          content: { "application/problem+json": { schema: schemaOf(problem, "output") } },
        },
      ];
    }),
  );
}

/** The JSON Schema of one place in the document; what has a name is a reference. */
export function schemaOf(schema: z.ZodType, io: "input" | "output"): JsonObject {
  const name = schema.meta()?.id;
  return name === undefined ? jsonSchema(schema, io).schema : { $ref: SCHEMAS + name };
}

export function exampleOf(schema: z.ZodType): { example?: JsonObject } {
  const example = z.record(z.string(), z.json()).safeParse(schema.meta()?.["example"]);
  return example.success ? { example: example.data } : {};
}

/** Every named schema that the routes speak of. */
export function componentSchemas(routes: readonly Route[]): JsonObject {
  const named = new Map<string, JsonObject>();
  const add = (schema: z.ZodType | null | undefined, io: "input" | "output") => {
    if (!schema) return;
    for (const [name, definition] of jsonSchema(schema, io).definitions) named.set(name, definition);
  };
  for (const { answers } of routes) for (const { schema } of answers) add(schema, "output");
  for (const { body } of routes) add(body, "input");
  add(problem, "output");
  return Object.fromEntries([...named].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const jsonObjects = z.record(z.string(), z.record(z.string(), z.json()));

function jsonSchema(
  schema: z.ZodType,
  io: "input" | "output",
): { schema: JsonObject; definitions: [string, JsonObject][] } {
  const made = z.toJSONSchema(schema, { target: "draft-2020-12", unrepresentable: "any", io, override: asOnTheWire });
  const text = JSON.stringify(made).replaceAll('"#/$defs/', `"${SCHEMAS}`);
  const { $schema, $defs, id, example, ...own } = z.record(z.string(), z.json()).parse(JSON.parse(text));
  const definitions = Object.entries(jsonObjects.parse($defs ?? {}));
  return { schema: own, definitions: definitions.map(([name, { id: _id, example: _e, ...rest }]) => [name, rest]) };
}

/** A schema that parses text or any JSON says in its `wire` what that is to a caller. What any reader knows is left out. */
function asOnTheWire({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  const { wire, description, open } = jsonSchema;
  if (open === true) {
    delete jsonSchema.additionalProperties;
    delete jsonSchema["open"];
  }
  if (jsonSchema.format === "date-time") delete jsonSchema.pattern;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (wire === undefined) return;
  for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
  Object.assign(jsonSchema, wire, description !== undefined && { description });
}
