/** The OpenAPI document of what this lens serves. Its schemas are those that the routes are written with. */
import { z } from "zod";
import type { JsonObject } from "../../task/json.ts";
import { errorStatuses } from "./errors.ts";
import {
  cancelAnswer,
  controlState,
  errorAnswer,
  eventsAnswer,
  healthAnswer,
  historyAnswer,
  listAnswer,
  sessionAnswer,
  sessionsAnswer,
  signalAnswer,
  statusAnswer,
  submitAnswer,
  submitBody,
  submitStreamAnswer,
  titleAnswer,
  titleBody,
  turnsAnswer,
} from "./schema.ts";
import { MODES, RESEARCH_STRATEGIES, STATUSES } from "./vocabulary.ts";

const SCHEMAS = {
  Cancel: cancelAnswer,
  ControlState: controlState,
  Error: errorAnswer,
  EventList: eventsAnswer,
  Health: healthAnswer,
  History: historyAnswer,
  Session: sessionAnswer,
  SessionList: sessionsAnswer,
  SessionTurns: turnsAnswer,
  Signal: signalAnswer,
  Submit: submitBody,
  Submitted: submitAnswer,
  SubmittedStream: submitStreamAnswer,
  Task: statusAnswer,
  TaskList: listAnswer,
  Title: titleBody,
  TitleSet: titleAnswer,
};
type SchemaName = keyof typeof SCHEMAS;

type Operation = {
  summary: string;
  parameters?: JsonObject[];
  body?: SchemaName | "Reason";
  answers: Record<number, SchemaName | { description: string; mediaType?: string }>;
  /** Statuses of `Error`. */
  errors?: number[];
  open?: boolean;
};

const id = inPath("id", "The task's id, which is its workflow's too");
const session = inPath("id", "The session's id, or the name that the client gave it");
const key = inHeader("Idempotency-Key", "The same key, path and body within 24 hours take effect once");
const offset = inQuery("offset", { type: "integer", minimum: 0, default: 0 });
const types = inQuery("types", { type: "string" }, "Event types, separated by commas; all when absent");
const lastEventId = inQuery("last_event_id", { type: "string" }, "Go on after this `<unix ms>-<n>` or `<seq>`");
const redirect = { description: "Where the events are streamed" };

const OPERATIONS: Record<string, Record<string, Operation>> = {
  "/api/v1/tasks": {
    post: {
      summary: "Submit a task",
      parameters: [key],
      body: "Submit",
      answers: { 200: "Submitted" },
      errors: [400, 401, 413, 503],
    },
    get: {
      summary: "List the caller's tasks, newest first",
      parameters: [
        limit(100, 20),
        offset,
        inQuery("status", { type: "string", enum: [...STATUSES] }),
        inQuery("session_id", { type: "string" }),
      ],
      answers: { 200: "TaskList" },
      errors: [400, 401],
    },
  },
  "/api/v1/tasks/stream": {
    post: {
      summary: "Submit a task and learn where its events are streamed",
      parameters: [key],
      body: "Submit",
      answers: { 201: "SubmittedStream" },
      errors: [400, 401, 413, 503],
    },
  },
  "/api/v1/tasks/{id}": {
    get: {
      summary: "Get a task's status, and its result once there is one",
      parameters: [id],
      answers: { 200: "Task" },
      errors: [400, 401, 404],
    },
  },
  "/api/v1/tasks/{id}/cancel": {
    post: {
      summary: "Cancel a task",
      parameters: [id, key],
      body: "Reason",
      answers: { 202: "Cancel" },
      errors: [401, 403, 404],
    },
  },
  "/api/v1/tasks/{id}/pause": {
    post: {
      summary: "Pause a task at its next checkpoint",
      parameters: [id, key],
      body: "Reason",
      answers: { 202: "Signal" },
      errors: [401, 403, 404, 409],
    },
  },
  "/api/v1/tasks/{id}/resume": {
    post: {
      summary: "Resume a paused task",
      parameters: [id, key],
      body: "Reason",
      answers: { 202: "Signal" },
      errors: [401, 403, 404, 409],
    },
  },
  "/api/v1/tasks/{id}/control-state": {
    get: {
      summary: "Tell whether a task is paused or cancelled, by whom and why",
      parameters: [id],
      answers: { 200: "ControlState" },
      errors: [400, 401, 404],
    },
  },
  "/api/v1/tasks/{id}/events": {
    get: {
      summary: "List what happened to a task, oldest first, without live text",
      parameters: [id, limit(200, 50), offset],
      answers: { 200: "EventList" },
      errors: [400, 401, 404],
    },
  },
  "/api/v1/tasks/{id}/stream": {
    get: {
      summary: "Be redirected to the task's event stream",
      parameters: [id, types, lastEventId],
      answers: { 307: redirect },
      errors: [400, 401],
    },
  },
  "/api/v1/stream/sse": {
    get: {
      summary: "Stream a task's events, from the start or from a resume point, until the frame `done`",
      parameters: [
        { ...inQuery("workflow_id", { type: "string" }), required: true },
        types,
        lastEventId,
        inQuery("api_key", { type: "string" }, "For clients that can set no header"),
        inQuery("token", { type: "string" }, "The same by another name"),
        inHeader("Last-Event-ID", "Wins over `last_event_id`"),
      ],
      answers: { 200: { description: "Server-sent events", mediaType: "text/event-stream" } },
      errors: [400, 401, 404, 503],
    },
  },
  "/api/v1/sessions": {
    get: {
      summary: "List the caller's sessions, newest created first",
      parameters: [limit(100, 20), offset],
      answers: { 200: "SessionList" },
      errors: [401],
    },
  },
  "/api/v1/sessions/{id}": {
    get: { summary: "Get a session", parameters: [session], answers: { 200: "Session" }, errors: [401, 404] },
    patch: {
      summary: "Give a session a title",
      parameters: [session],
      body: "Title",
      answers: { 200: "TitleSet" },
      errors: [400, 401, 404],
    },
    delete: {
      summary: "Delete a session; its tasks stay",
      parameters: [session],
      answers: { 204: { description: "Deleted, now or before" } },
      errors: [401, 404],
    },
  },
  "/api/v1/sessions/{id}/history": {
    get: {
      summary: "List a session's tasks, oldest first",
      parameters: [session],
      answers: { 200: "History" },
      errors: [401, 404],
    },
  },
  "/api/v1/sessions/{id}/events": {
    get: {
      summary: "List a session's turns with their events, oldest first",
      parameters: [
        session,
        limit(100, 10),
        offset,
        inQuery("include_payload", { type: "boolean", default: true }, "Payloads are JSON text here"),
      ],
      answers: { 200: "SessionTurns" },
      errors: [400, 401, 404, 413],
    },
  },
  "/health": { get: { summary: "Health", answers: { 200: "Health" }, open: true } },
  "/readiness": { get: { summary: "Readiness", answers: { 200: "Health" }, open: true } },
  "/openapi.json": {
    get: {
      summary: "This document",
      answers: { 200: { description: "OpenAPI 3.0", mediaType: "application/json" } },
      open: true,
    },
  },
};

export function openApiOf({ version, mountPath }: { version: string; mountPath: string }): JsonObject {
  return {
    openapi: "3.0.3",
    info: {
      title: "Waybill, as the Shannon API",
      version,
      description: "Durable agent tasks through the Shannon task, stream and session endpoints.",
    },
    servers: [{ url: mountPath === "" ? "/" : mountPath }],
    security: [{ apiKey: [] }, { bearer: [] }],
    paths: Object.fromEntries(
      Object.entries(OPERATIONS).map(([path, operations]) => [
        path,
        Object.fromEntries(
          Object.entries(operations).map(([method, operation]) => [method, operationOf(method, path, operation)]),
        ),
      ]),
    ),
    components: {
      securitySchemes: {
        apiKey: { type: "apiKey", in: "header", name: "X-API-Key" },
        bearer: { type: "http", scheme: "bearer" },
      },
      schemas: {
        ...Object.fromEntries(Object.entries(SCHEMAS).map(([name, schema]) => [name, schemaOf(name, schema)])),
        Reason: { type: "object", properties: { reason: { type: "string" } } },
      },
    },
  };
}

/** The paths and methods of the document, to compare with the routes. */
export function documentedRoutes(): { method: string; path: string }[] {
  return Object.entries(OPERATIONS).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => ({ method: method.toUpperCase(), path })),
  );
}

function operationOf(method: string, path: string, operation: Operation): JsonObject {
  const { summary, parameters, body, answers, errors = [], open = false } = operation;
  return {
    operationId: [
      method,
      ...path.split(/[^a-z0-9]+/).filter((word) => word !== "" && word !== "api" && word !== "v1"),
    ].join("_"),
    summary,
    ...(open && { security: [] }),
    ...(parameters && { parameters }),
    ...(body && {
      requestBody: {
        required: body === "Submit" || body === "Title",
        content: { "application/json": { schema: reference(body) } },
      },
    }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, responseOf(answer)])),
      ...Object.fromEntries(
        errors.map((status) => [String(status), { ...responseOf("Error"), description: reasonOf(status) }]),
      ),
    },
  };
}

function responseOf(answer: SchemaName | { description: string; mediaType?: string }): JsonObject {
  if (typeof answer === "string") {
    return { description: "OK", content: { "application/json": { schema: reference(answer) } } };
  }
  const { description, mediaType } = answer;
  return { description, ...(mediaType && { content: { [mediaType]: { schema: {} } } }) };
}

function reasonOf(status: number): string {
  const codes = [...errorStatuses()].flatMap(([code, at]) => (at === status ? [code] : []));
  return codes.length === 0 ? "Refused" : codes.join(", ").replaceAll("_", " ");
}

function schemaOf(name: string, schema: z.ZodType): JsonObject {
  const written = z.toJSONSchema(schema, {
    target: "openapi-3.0",
    io: name === "Submit" || name === "Title" ? "input" : "output",
    // What only code can check is any JSON object here.
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema._zod.def.type === "custom") jsonSchema.type = "object";
      // What the format or the type says already.
      if (jsonSchema.format === "date-time") delete jsonSchema.pattern;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  const { $schema: _, ...own } = written;
  const plain = z.json().parse(own);
  const properties = name === "Submit" ? submitWords() : {};
  return typeof plain === "object" && plain !== null && !Array.isArray(plain) ? merged(plain, properties) : {};
}

function merged(schema: JsonObject, properties: Record<string, JsonObject>): JsonObject {
  const own = schema["properties"];
  if (typeof own !== "object" || own === null || Array.isArray(own)) return schema;
  return { ...schema, properties: { ...own, ...properties } };
}

/** Words that are read in any letter case, so that the schema itself takes any text. */
function submitWords(): Record<string, JsonObject> {
  return {
    mode: { type: "string", enum: [...MODES], nullable: true },
    model_tier: { type: "string", enum: ["small", "medium", "large"], nullable: true },
    research_strategy: { type: "string", enum: [...RESEARCH_STRATEGIES], nullable: true },
  };
}

function reference(name: string): JsonObject {
  return { $ref: `#/components/schemas/${name}` };
}

function inPath(name: string, description: string): JsonObject {
  return { name, in: "path", required: true, description, schema: { type: "string" } };
}

function inHeader(name: string, description: string): JsonObject {
  return { name, in: "header", description, schema: { type: "string" } };
}

function inQuery(name: string, schema: JsonObject, description?: string): JsonObject {
  return { name, in: "query", schema, ...(description && { description }) };
}

function limit(maximum: number, usual: number): JsonObject {
  return inQuery("limit", { type: "integer", minimum: 1, maximum, default: usual });
}
