/** The OpenAPI document of a lens, 3.1 or 3.0, made from its routes without a server. */
import { z } from "zod";
import { ERROR_CODES, type ErrorCode } from "../task/errors.ts";
import { type JsonObject, jsonObject } from "../task/json/json.ts";
import { ownTurn } from "./body/own-turn.ts";
import { type AnswerDoc, anyQuery, JSON_TYPE, openRoute, type Route } from "./route.ts";

/** What a lens says of itself in its document, beside its routes. */
export type OpenApiPart = {
  dialect: "3.1.0" | "3.0.3";
  title: string;
  description: string;
  license?: JsonObject;
  /** Ways to send a key, each enough by itself. */
  securitySchemes: Readonly<Record<string, JsonObject>>;
  /** The error answers of a route, by status; those of the codes that it refuses with when absent. */
  errorsOf?: (route: Route) => JsonObject;
  /** The schema of an error's body. */
  error: z.ZodType;
  /** Other bodies of errors, which `errorsOf` refers to. */
  otherErrors?: readonly z.ZodType[];
  /** Answers that `errorsOf` refers to. */
  responses?: () => JsonObject;
  /** What is said of the Idempotency-Key. */
  idempotencyKey: { about: string; lengthMax?: number };
  /** What is said of the header that a stream is resumed with, and its schema. */
  lastEventId?: { about: string; schema: JsonObject };
  /** A frame to show. */
  frame?: string;
};

/** The document's own view of a lens. */
export type Described = {
  routes: readonly Route[];
  openapi: OpenApiPart;
  /** The status that each code is told with. */
  errors: Readonly<Record<ErrorCode, number>>;
};

const SCHEMAS = "#/components/schemas/";
const UNKNOWN_TYPE = 415;
/** Said by the listener, before it is known which API is asked. */
const HEAD_TOO_LONG: JsonObject = {
  431: {
    description: "The URL and the headers are too long together",
    content: { "application/problem+json": { schema: { type: "object" } } },
  },
};

/** Names a schema: a component of the document of the lens that uses it. */
export function named<Schema extends z.ZodType>(schema: Schema, id: string): Schema {
  z.globalRegistry.add(schema, { ...z.globalRegistry.get(schema), id });
  return schema;
}

/** `mount` is the prefix that the routes are served under. */
type At = { version: string; mount: string };

/** The document as a plain JSON value. */
export function openapiDocument(lens: Described, at: At): JsonObject {
  return atOnce(documentInPieces(lens, at));
}

/** Its text. All routes of an API take some 100 ms: each has a turn of its own. */
export async function documentInTurns(lens: Described, at: At): Promise<Buffer> {
  return Buffer.from(JSON.stringify(await inTurns(documentInPieces(lens, at))));
}

/** Every named schema that the routes speak of, each made in a turn of its own. */
export function schemasInTurns(lens: Pick<Described, "routes" | "openapi">): Promise<JsonObject> {
  return inTurns(schemasInPieces(lens));
}

async function inTurns<Made>(making: Generator<void, Made>): Promise<Made> {
  for (;;) {
    await ownTurn();
    const piece = making.next();
    if (piece.done) return piece.value;
  }
}

function atOnce<Made>(making: Generator<void, Made>): Made {
  for (;;) {
    const piece = making.next();
    if (piece.done) return piece.value;
  }
}

/** Stops after each route and each schema. */
function* documentInPieces(lens: Described, { version, mount }: At): Generator<void, JsonObject> {
  const { openapi, errors } = lens;
  const { dialect, title, description, license, securitySchemes, responses } = openapi;
  const routes = lens.routes.filter(({ hidden }) => !hidden);
  const tags = [...new Set(routes.flatMap(({ tag }) => tag ?? []))];
  const paths: Record<string, JsonObject> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route, openapi, errors) };
    yield;
  }
  const schemas = yield* schemasInPieces(lens);
  return {
    openapi: dialect,
    info: { title, version, description, ...(license && { license }) },
    servers: [{ url: mount === "" ? "/" : mount }],
    security: Object.keys(securitySchemes).map((name) => ({ [name]: [] })),
    ...(tags.length > 0 && { tags: tags.map((name) => ({ name })) }),
    paths,
    components: {
      securitySchemes: { ...securitySchemes },
      schemas,
      ...(responses && { responses: responses() }),
    },
  };
}

/** `GET` of the document of the lens, made when it is first asked for. Needs no key. */
export function documentRoute(
  describe: () => Described,
  doc: { path: string; hidden?: boolean; headers?: Record<string, string> },
): Route {
  const made = new Map<string, Promise<Buffer>>();
  return openRoute({
    method: "GET",
    path: doc.path,
    id: "get_openapi_json",
    ...(doc.hidden && { hidden: true }),
    summary: "This document",
    refuses: [],
    answers: [{ status: 200, about: `OpenAPI ${doc.hidden ? "3" : "3.0"}`, mediaType: "application/json" }],
    query: anyQuery,
    handle: async ({ mount, parts: { version } }) => {
      const making = made.get(mount) ?? documentInTurns(describe(), { version, mount });
      made.set(mount, making);
      return { status: 200, bytes: await making, headers: { ...doc.headers, "content-type": JSON_TYPE } };
    },
  });
}

function operation(route: Route, openapi: OpenApiPart, errors: Described["errors"]): JsonObject {
  const { dialect } = openapi;
  const parameters = [
    ...pathParameters(route),
    ...queryParameters(route, dialect),
    ...headerParameters(route),
    ...ownHeaders(route, openapi),
  ];
  return {
    operationId: route.id,
    ...(route.tag !== undefined && { tags: [route.tag] }),
    summary: route.summary,
    ...(route.description !== undefined && { description: route.description }),
    ...(route.open ? { security: [] } : { "x-scope": route.scope }),
    ...(parameters.length > 0 && { parameters }),
    ...(route.body !== null && {
      requestBody: {
        required: !route.body.safeParse(undefined).success,
        content: {
          [route.bodyType ?? "application/json"]: {
            schema: schemaOf(route.body, "input", dialect),
            ...exampleOf(route.body),
          },
          ...((route.reads === "form or bytes" || route.reads === "form or fields") && {
            "application/octet-stream": { schema: { type: "string", format: "binary" } },
          }),
        },
      },
    }),
    responses: {
      ...answersOf(route, openapi),
      ...(openapi.errorsOf ?? refusalsOf(openapi, errors))(route),
      ...HEAD_TOO_LONG,
    },
  };
}

/** Whatever its route, a request may have a head that does not fit, be too long or too much, or find the server in no state to answer. */
const ANY_CODES: readonly ErrorCode[] = [
  "invalid",
  "too_large",
  "forbidden",
  "rate_limited",
  "unavailable",
  "internal",
];

/** The codes that a route may refuse with: those that it names, and what follows from its shape. */
export function codesOf({ open, path, refuses = [] }: Pick<Route, "open" | "path" | "refuses">): ErrorCode[] {
  const ofShape: ErrorCode[] = [
    ...(open ? [] : ["unauthenticated" as const]),
    ...(path.includes("{") ? ["not_found" as const] : []),
  ];
  return [...new Set([...ANY_CODES, ...ofShape, ...refuses])];
}

/** An answer for each status that the route's codes are told with; it names every code of that status. */
function refusalsOf({ error, dialect }: OpenApiPart, errors: Described["errors"]): (route: Route) => JsonObject {
  const refused = (status: number): JsonObject => ({
    description:
      status === UNKNOWN_TYPE
        ? "The body is of a type that is not taken"
        : ERROR_CODES.filter((code) => errors[code] === status)
            .join(", ")
            .replaceAll("_", " "),
    content: { "application/json": { schema: schemaOf(error, "output", dialect) } },
  });
  return (route) => {
    const ofBody = route.body === null ? [] : [UNKNOWN_TYPE];
    const statuses = [...new Set([...codesOf(route).map((code) => errors[code]), ...ofBody])].sort((a, b) => a - b);
    return Object.fromEntries(statuses.map((status) => [String(status), refused(status)]));
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
  properties: z.record(z.string(), jsonObject).optional(),
  required: z.array(z.string()).optional(),
});

function queryParameters({ query }: Route, dialect: Dialect): JsonObject[] {
  const { properties = {}, required = [] } = objectSchema.parse(schemaOf(query, "input", dialect));
  return Object.entries(properties).map(([name, { description, ...property }]) => ({
    name,
    in: "query",
    required: required.includes(name),
    ...(description !== undefined && { description }),
    ...(property["type"] === "object" && { style: "deepObject", explode: true }),
    schema: property,
  }));
}

function headerParameters({ headers = {} }: Route): JsonObject[] {
  return Object.entries(headers).map(([name, description]) => headerParameter(name, description, { type: "string" }));
}

function ownHeaders({ streams, idempotent }: Route, { lastEventId, idempotencyKey }: OpenApiPart): JsonObject[] {
  const { about, lengthMax } = idempotencyKey;
  const key: JsonObject = { type: "string", minLength: 1, ...(lengthMax !== undefined && { maxLength: lengthMax }) };
  return [
    ...(streams && lastEventId ? [headerParameter("Last-Event-ID", lastEventId.about, lastEventId.schema)] : []),
    ...(idempotent ? [headerParameter("Idempotency-Key", about, key)] : []),
  ];
}

function headerParameter(name: string, description: string, schema: JsonObject): JsonObject {
  return { name, in: "header", required: false, description, schema };
}

function answersOf({ answers, streams, mayStream }: Route, { dialect, frame }: OpenApiPart): JsonObject {
  return Object.fromEntries(
    answers.map((answer) => [
      String(answer.status),
      {
        description: answer.about,
        headers: { ...headersOf(answer), "X-Request-ID": { schema: { type: "string" } } },
        ...((answer.schema ?? answer.mediaType) !== undefined && {
          content: {
            ...(answer.schema !== undefined && {
              "application/json": { schema: schemaOf(answer.schema, "output", dialect) },
              ...((streams || mayStream) && { "text/event-stream": framesOf(frame) }),
            }),
            ...(answer.mediaType !== undefined && { [answer.mediaType]: { schema: {} } }),
          },
        }),
      },
    ]),
  );
}

function framesOf(example: string | undefined): JsonObject {
  if (example === undefined) return { schema: { type: "string" } };
  const description = "Frames: id, event, data. `data` is an Event as JSON.";
  return { schema: { type: "string", description }, example };
}

function headersOf({ headers = {} }: AnswerDoc): JsonObject {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: "string" } }]),
  );
}

/** The JSON Schema of one place in the document; what has a name is a reference. */
export function schemaOf(schema: z.ZodType, io: "input" | "output", dialect: Dialect = "3.1.0"): JsonObject {
  const name = schema.meta()?.id;
  return name === undefined ? jsonSchema(schema, io, dialect).schema : { $ref: SCHEMAS + name };
}

export function exampleOf(schema: z.ZodType): { example?: JsonObject } {
  const example = jsonObject.safeParse(schema.meta()?.["example"]);
  return example.success ? { example: example.data } : {};
}

/** Stops after each. */
function* schemasInPieces({ routes, openapi }: Pick<Described, "routes" | "openapi">): Generator<void, JsonObject> {
  const named = new Map<string, JsonObject>();
  const spoken = [
    ...routes.flatMap(({ answers }) => answers.map(({ schema }) => [schema, "output"] as const)),
    ...routes.map(({ body }) => [body, "input"] as const),
    ...[openapi.error, ...(openapi.otherErrors ?? [])].map((error) => [error, "output"] as const),
  ];
  for (const [schema, io] of spoken) {
    if (!schema) continue;
    for (const [name, definition] of jsonSchema(schema, io, openapi.dialect).definitions) named.set(name, definition);
    yield;
  }
  return Object.fromEntries([...named].sort(([a], [b]) => (a < b ? -1 : 1)));
}

export type Dialect = OpenApiPart["dialect"];

const jsonObjects = z.record(z.string(), jsonObject);

function jsonSchema(
  schema: z.ZodType,
  io: "input" | "output",
  dialect: Dialect,
): { schema: JsonObject; definitions: [string, JsonObject][] } {
  const made = z.toJSONSchema(schema, {
    target: dialect === "3.1.0" ? "draft-2020-12" : "openapi-3.0",
    // What only code can check is any JSON here, unless its schema says what it is on the wire.
    unrepresentable: "any",
    io,
    override: asOnTheWire,
  });
  const text = JSON.stringify(made).replaceAll(/"#\/(?:\$defs|definitions)\//g, `"${SCHEMAS}`);
  const { $schema, $defs, definitions, id, example, ...own } = jsonObject.parse(JSON.parse(text));
  const found = Object.entries(jsonObjects.parse($defs ?? definitions ?? {}));
  return { schema: own, definitions: found.map(([name, { id: _id, example: _e, ...rest }]) => [name, rest]) };
}

/**
 * A schema that parses text or any JSON says in its `wire` what that is to a caller. What any reader
 * knows is left out. An object that is `open` may have more fields than it names.
 */
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
