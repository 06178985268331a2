/** What the document of this API says beside its routes. */
import { z } from "zod";
import type { JsonObject } from "../../task/json.ts";
import { named, type OpenApiPart, schemaOf } from "../openapi.ts";
import type { Route } from "../route.ts";

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
