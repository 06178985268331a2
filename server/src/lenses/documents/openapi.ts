/** What the document of this API says beside its routes. */
import { ERROR_CODES } from "../../task/errors.ts";
import type { JsonObject } from "../../task/json.ts";
import { HTTP_STATUS } from "../error-answer.ts";
import { type OpenApiPart, schemaOf } from "../openapi.ts";
import type { Route } from "../route.ts";
import { errorBody } from "./schema.ts";

export const documentsOpenapi: OpenApiPart = {
  dialect: "3.1.0",
  title: "Waybill, as the documents API",
  description: "Files that background tasks read, vector stores of them, and the search over these.",
  securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
  errorsOf,
  error: errorBody,
  idempotencyKey: { about: "Not read" },
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
    content: { "application/json": { schema: schemaOf(errorBody, "output") } },
  };
}
