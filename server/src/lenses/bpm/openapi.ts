/** The parts of this API's document beside its routes. */
import type { OpenApiPart } from "../openapi.ts";
import { errorBody } from "./schema.ts";

export const bpmOpenapi: OpenApiPart = {
  dialect: "3.0.3",
  title: "Waybill, as a BPM task API",
  description: "Tasks of every kind as a BPM client reads and works through them.",
  securitySchemes: {
    basic: { type: "http", scheme: "basic" },
    bearer: { type: "http", scheme: "bearer" },
  },
  error: errorBody,
  idempotencyKey: { about: "The same key, path and body within 24 hours take effect once" },
};
