/** What the document of this API says beside its routes. */
import { ERROR_CODES } from "../../task/errors.ts";
import type { JsonObject } from "../../task/json.ts";
import { HTTP_STATUS } from "../error-answer.ts";
import { type OpenApiPart, schemaOf } from "../openapi.ts";
import type { Route } from "../route.ts";
import { errorAnswer } from "./schema.ts";

export const shannonOpenapi: OpenApiPart = {
  dialect: "3.0.3",
  title: "Waybill, as the Shannon API",
  description: "Durable agent tasks through the Shannon task, stream and session endpoints.",
  securitySchemes: {
    apiKey: { type: "apiKey", in: "header", name: "X-API-Key" },
    bearer: { type: "http", scheme: "bearer" },
  },
  errorsOf,
  error: errorAnswer,
  idempotencyKey: { about: "The same key, path and body within 24 hours take effect once" },
  lastEventId: { about: "Wins over `last_event_id`", schema: { type: "string" } },
};

function errorsOf({ refuses = [] }: Route): JsonObject {
  const statuses = [...new Set(refuses.map((code) => HTTP_STATUS[code]))].sort((a, b) => a - b);
  return Object.fromEntries(statuses.map((status) => [String(status), refused(status)]));
}

/** Names every code that has this status. */
function refused(status: number): JsonObject {
  const codes = ERROR_CODES.filter((code) => HTTP_STATUS[code] === status);
  return {
    description: codes.join(", ").replaceAll("_", " "),
    content: { "application/json": { schema: schemaOf(errorAnswer, "output", "3.0.3") } },
  };
}
