/** What a listener answers beside its lenses: health, metrics and its front door. */
import type { FastifyInstance } from "fastify";
import type { Traffic } from "./app.ts";
import type { MetricsPage } from "./metrics.ts";

/** `GET /health`: 200 once the server is ready, 503 when it is stopping. */
export function addHealth(app: FastifyInstance, { traffic, version }: { traffic: Traffic; version: string }): void {
  app.get("/health", (_request, reply) => {
    reply.header("cache-control", "no-store");
    return reply.code(traffic.closing ? 503 : 200).send({ status: traffic.closing ? "stopping" : "ok", version });
  });
}

/** `GET /metrics`, in the text format of Prometheus. */
export function addMetrics(app: FastifyInstance, page: () => Promise<MetricsPage>): void {
  app.get("/metrics", async (_request, reply) => {
    const { contentType, text } = await page();
    return reply.type(contentType).send(text);
  });
}

/** `GET /`: the dashboard for people, facts for programs. */
export function addFrontDoor(app: FastifyInstance, facts: Record<string, string>): void {
  app.get("/", (request, reply) => {
    if (request.headers.accept?.includes("text/html")) return reply.redirect("/dashboard/");
    return reply.send(facts);
  });
}
