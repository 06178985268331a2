/** What the document of this API says beside its routes. */
import type { OpenApiPart } from "../openapi.ts";
import { errorAnswer } from "./schema.ts";

export const shannonOpenapi: OpenApiPart = {
  dialect: "3.0.3",
  title: "Waybill, as the Shannon API",
  description: "Durable agent tasks through the Shannon task, stream and session endpoints.",
  securitySchemes: {
    apiKey: { type: "apiKey", in: "header", name: "X-API-Key" },
    bearer: { type: "http", scheme: "bearer" },
  },
  error: errorAnswer,
  idempotencyKey: { about: "The same key, path and body within 24 hours take effect once" },
  lastEventId: { about: "Wins over `last_event_id`", schema: { type: "string" } },
};
