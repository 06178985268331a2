/** What the document of this lens says of itself. */
import { z } from "zod";
import type { OpenApiPart } from "../openapi.ts";
import { named } from "../openapi.ts";

const problem = named(
  z.object({
    error: z.object({
      code: z.int(),
      status: z.string(),
      message: z.string(),
      details: z.array(z.record(z.string(), z.unknown())),
    }),
  }),
  "Error",
);

export const a2aOpenapi: OpenApiPart = {
  dialect: "3.1.0",
  title: "Agent2Agent",
  description:
    "Agents of this server by the Agent2Agent protocol, versions 1.0 and 0.3. `{base}` is an agent's slug; of the default agent it is left out.",
  securitySchemes: {
    bearer: { type: "http", scheme: "bearer" },
    basic: { type: "http", scheme: "basic" },
    key: { type: "apiKey", in: "header", name: "X-API-Key" },
  },
  error: problem,
  idempotencyKey: {
    about: "A send with the same key and the same body is answered as the first one was, for 24 hours.",
  },
};
