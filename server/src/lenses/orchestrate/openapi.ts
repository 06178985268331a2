/** What the document of this API says beside its routes. */
import type { JsonObject } from "../../task/json.ts";
import { type OpenApiPart, schemaOf } from "../openapi.ts";
import type { Route } from "../route.ts";
import { detailAnswer, httpValidationError } from "./schema.ts";

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
  errorsOf,
  idempotencyKey: { about: "Not read" },
};

/** As the protocol's own document: a 422 where a request has anything to validate. */
function errorsOf({ params, refuses = [], open }: Route): JsonObject {
  const detail = () => schemaOf(detailAnswer, "output");
  return {
    ...(!open && { 401: told("Not authenticated", detail()) }),
    ...(refuses.includes("not_found") && { 404: told("Not Found", detail()) }),
    ...((refuses.includes("invalid") || Object.keys(params).length > 0) && {
      422: told("Validation Error", validationError()),
    }),
  };
}
