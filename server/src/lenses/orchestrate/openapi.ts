/** What the document of this API says beside its routes. */
import { z } from "zod";
import type { JsonObject } from "../../task/json/json.ts";
import { codesOf, named, type OpenApiPart, schemaOf } from "../openapi.ts";
import type { Route } from "../route.ts";
import { STATUS } from "./errors.ts";

const httpValidationError = named(
  z.object({
    detail: z.array(
      z.object({
        type: z.string(),
        loc: z.array(z.union([z.string(), z.int()])),
        msg: z.string(),
        input: z.unknown().optional(),
        ctx: z.unknown().optional(),
      }),
    ),
  }),
  "HTTPValidationError",
);
const detailAnswer = named(z.object({ detail: z.string() }), "HTTPError");

const validationError = () => schemaOf(httpValidationError, "output");
const told = (description: string, schema: JsonObject): JsonObject => ({
  description,
  content: { "application/json": { schema } },
});

export const orchestrateOpenapi: OpenApiPart = {
  dialect: "3.1.0",
  title: "Waybill, as the watsonx Orchestrate API",
  description: "Runs of agents, the threads that they belong to, and the background tasks that execute them.",
  securitySchemes: { HTTPBearer: { type: "http", scheme: "bearer" } },
  error: httpValidationError,
  otherErrors: [detailAnswer],
  errorsOf,
  idempotencyKey: { about: "Not read" },
};

const WORDS: Readonly<Record<number, string>> = {
  400: "There was an error parsing the body",
  401: "Not authenticated",
  403: "Forbidden",
  404: "Not Found",
  409: "Conflict",
  413: "Payload Too Large",
  415: "Unsupported Media Type",
  429: "Too Many Requests",
  503: "Service Unavailable",
};

/** As the protocol's own document: a 422 where a request has anything to validate. What cannot be read at all is 400. */
function errorsOf(route: Route): JsonObject {
  const statuses = codesOf(route).map((code) => (code === "invalid" ? 400 : STATUS[code]));
  const details = [...new Set([...statuses, ...(route.body === null ? [] : [415])])].filter(
    (status) => status in WORDS,
  );
  const isValidated = route.refuses?.includes("invalid") || Object.keys(route.params).length > 0 || route.body !== null;
  return {
    ...Object.fromEntries(
      details.map((status) => [String(status), told(WORDS[status] ?? "", schemaOf(detailAnswer, "output"))]),
    ),
    ...(isValidated && { 422: told("Validation Error", validationError()) }),
    500: { description: "Internal Server Error", content: { "text/plain": { schema: { type: "string" } } } },
  };
}
