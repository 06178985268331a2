/** What the document of this API says beside its routes. */
import type { OpenApiPart } from "../openapi.ts";
import { errorBody } from "./schema.ts";

export const documentsOpenapi: OpenApiPart = {
  dialect: "3.1.0",
  title: "Waybill, as the documents API",
  description: "Files that background tasks read, vector stores of them, and the search over these.",
  securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
  error: errorBody,
  idempotencyKey: { about: "Not read" },
};
