/** What the document of this lens says of itself. */
import { z } from "zod";
import type { JsonObject } from "../../task/json/json.ts";
import type { OpenApiPart } from "../openapi.ts";
import { named, schemaOf } from "../openapi.ts";
import type { Route } from "../route.ts";
import { HTTP_OF_RPC } from "./errors.ts";
import { FAULTS } from "./faults.ts";

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
const oldError = z.object({ code: z.int(), message: z.string(), data: z.unknown().optional() });
const oldProblem = named(oldError, "ErrorOf0_3");
const rpcProblem = named(
  z.object({
    jsonrpc: z.literal("2.0"),
    id: z.union([z.string(), z.number(), z.null()]),
    error: oldError,
  }),
  "RpcError",
);

/** A fault of the protocol may meet any operation; of JSON-RPC most travel with 200. */
function errorsOf({ path, body }: Route): JsonObject {
  const isRpc = path === "/{base}";
  const schema = isRpc ? rpcProblem : path.startsWith("/{base}/v1/") ? oldProblem : problem;
  const statuses = new Set(
    Object.values(FAULTS)
      .map(({ status }): number => status)
      .filter((status) => status !== NOT_ALLOWED && (status !== FOREIGN_TYPE || body !== null)),
  );
  return Object.fromEntries(
    [...statuses]
      .filter((status) => !isRpc || HTTP_OF_RPC.has(status))
      .map((status) => [
        String(status),
        {
          description: Object.entries(FAULTS)
            .filter(([, fault]) => fault.status === status)
            .map(([name]) => name)
            .join(", "),
          content: { "application/json": { schema: schemaOf(schema, "output") } },
        },
      ]),
  );
}

const NOT_ALLOWED = 405;
const FOREIGN_TYPE = 415;

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
  otherErrors: [oldProblem, rpcProblem],
  errorsOf,
  idempotencyKey: {
    lengthMax: 255,
    about: "A send with the same key and the same body is answered as the first one was, for 24 hours.",
  },
};
