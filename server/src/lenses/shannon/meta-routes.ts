/** What needs no key: whether the server works, and the document of this API. */
import type { FastifyInstance } from "fastify";
import type { LensParts } from "../lens.ts";
import { openApiOf } from "./openapi.ts";
import { isoTime } from "./translate.ts";

export function addMetaRoutes(app: FastifyInstance, { version, now }: LensParts): void {
  /** `GET /health`: 200 while the process answers. */
  app.get("/health", (_request, reply) => {
    return reply.send({ status: "healthy", version, time: isoTime(now()), checks: { gateway: "ok" } });
  });

  /** `GET /readiness`: 200 while tasks are taken. Nothing listens before the engine is ready. */
  app.get("/readiness", (_request, reply) => {
    return reply.send({ status: "ready", version, time: isoTime(now()), checks: { orchestrator: "ok" } });
  });

  const document = JSON.stringify(openApiOf({ version, mountPath: app.prefix }));

  /** `GET /openapi.json` */
  app.get("/openapi.json", (_request, reply) => reply.type("application/json; charset=utf-8").send(document));
}
