/** What the document of the native API says beside its routes: keys, problems, and which of them a route may answer with. */
import { ERROR_CODES } from "../../task/errors.ts";
import type { JsonObject } from "../../task/json/json.ts";
import { HTTP_STATUS, IF_MATCH_FIELD } from "../error-answer.ts";
import { codesOf, type OpenApiPart, schemaOf } from "../openapi.ts";
import type { Route } from "../route.ts";
import { MEANING } from "./errors.ts";
import { problem } from "./schema.ts";

export const nativeOpenapi: OpenApiPart = {
  dialect: "3.1.0",
  title: "Waybill",
  description:
    "A durable task server for AI agents. What is acknowledged is on disk. Every error is a problem detail of " +
    "RFC 9457 with a `code` for programs and the `request_id` of the log. `x-scope` of an operation is the scope that its " +
    "key must have; `any` is each.",
  license: { name: "Apache-2.0", identifier: "Apache-2.0" },
  securitySchemes: {
    bearer: { type: "http", scheme: "bearer", description: "An API key: `Authorization: Bearer sk_…`." },
    apiKey: { type: "apiKey", in: "header", name: "X-API-Key" },
    basic: { type: "http", scheme: "basic", description: "The key as password; the user name is ignored." },
  },
  errorsOf: problemsOf,
  error: problem,
  responses: problemResponses,
  idempotencyKey: {
    about: "A string of yours, remembered for 24 h: the same request again takes effect once, another one gets 422.",
    lengthMax: 255,
  },
  lastEventId: {
    about: "Number of the last event that you have: the stream goes on after it.",
    schema: { type: "integer", minimum: 0 },
  },
  frame: `id: 1\nevent: task.submitted\ndata: {"seq":1,"type":"task.submitted",…}\n\n`,
};

/** The statuses of problems that a route can answer with. */
export function problemStatuses(route: Route): number[] {
  const statuses = [
    ...codesOf(route).map((code) => HTTP_STATUS[code]),
    ...(route.method !== "GET" && route.path.includes("{") ? [409] : []),
    ...(route.body !== null && route.reads !== "form or bytes" ? [415] : []),
    ...(route.headers?.[IF_MATCH_FIELD] ? [412] : []),
    ...(route.idempotent ? [422] : []),
  ];
  return [...new Set(statuses)].sort((a, b) => a - b);
}

function problemsOf(route: Route): JsonObject {
  return Object.fromEntries(
    problemStatuses(route).map((status) => [String(status), { $ref: `#/components/responses/Problem${status}` }]),
  );
}

function problemResponses(): JsonObject {
  const statuses = [...new Set([...Object.values(HTTP_STATUS), 412, 415, 422])].sort((a, b) => a - b);
  return Object.fromEntries(statuses.map((status) => [`Problem${status}`, problemResponse(status)]));
}

function problemResponse(status: number): JsonObject {
  return {
    description: aboutStatus(status),
    ...((status === 429 || status === 503) && {
      headers: {
        "Retry-After": {
          description: "Seconds, where waiting helps and for how long is known.",
          schema: { type: "integer" },
        },
      },
    }),
    content: { "application/problem+json": { schema: schemaOf(problem, "output") } },
  };
}

function aboutStatus(status: number): string {
  if (status === 412) return "`conflict`: the agent has changed since the `If-Match` that was sent.";
  if (status === 415) return "`invalid`: the body is not application/json.";
  if (status === 422) return "`conflict`: the Idempotency-Key was used for another request.";
  const codes = ERROR_CODES.filter((code) => HTTP_STATUS[code] === status);
  return codes.map((code) => `\`${code}\`: ${MEANING[code]}`).join(" ");
}
