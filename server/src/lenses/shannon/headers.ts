/** The headers that every answer carries: the trace, and what lets a web page of another origin read it. */
import { randomBytes } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

const ALLOWED = [
  "Content-Type",
  "Authorization",
  "X-API-Key",
  "X-User-Id",
  "X-Tenant-Id",
  "X-Session-ID",
  "Idempotency-Key",
  "traceparent",
  "tracestate",
  "X-Trace-ID",
  "X-Request-ID",
  "Cache-Control",
  "Last-Event-ID",
  "If-Match",
];

const EXPOSED = [
  "X-Workflow-ID",
  "X-Session-ID",
  "X-RateLimit-Limit",
  "X-RateLimit-Remaining",
  "X-RateLimit-Reset",
  "X-RateLimit-Limit-Minute",
  "X-RateLimit-Remaining-Minute",
  "X-RateLimit-Limit-Hour",
  "X-RateLimit-Remaining-Hour",
  "X-Trace-ID",
  "X-Span-ID",
  "X-Shannon-Session-ID",
  "X-Idempotency-Cached",
  "X-Idempotency-Key",
  "ETag",
  "Retry-After",
];

const CORS = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": EXPOSED.join(", "),
};

const PREFLIGHT = {
  "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
  "access-control-allow-headers": ALLOWED.join(", "),
  "access-control-max-age": "3600",
};

/** Adds them to all routes of `app`, and answers every preflight with 200. */
export function addHeaders(app: FastifyInstance): void {
  app.addHook("onRequest", (request, reply, done) => {
    reply.headers(CORS);
    reply.headers(traceOf(request));
    done();
  });
  app.options("/*", (_request, reply) => reply.headers(PREFLIGHT).code(200).send());
}

/** The same headers for an answer that is not sent through `reply`. */
export function headersSoFar(reply: FastifyReply): Record<string, string> {
  const names = [...Object.keys(CORS), "x-trace-id", "x-span-id"];
  return Object.fromEntries(names.map((name) => [name, String(reply.getHeader(name) ?? "")]));
}

/** The client's own trace where it names one. */
export function traceOf(request: Pick<FastifyRequest, "headers">): { "x-trace-id": string; "x-span-id": string } {
  const random = randomBytes(24).toString("hex");
  const { headers } = request;
  const parent = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/.exec(String(headers["traceparent"] ?? ""))?.[1];
  const own = parent ?? hex(headers["x-trace-id"]) ?? hex(headers["x-request-id"]);
  const trace = own === undefined || /^0+$/.test(own) ? random.slice(0, 32) : own;
  return { "x-trace-id": trace, "x-span-id": random.slice(32) };
}

/** A trace id or a UUID; undefined for whatever else an id may be. */
function hex(header: unknown): string | undefined {
  const text = typeof header === "string" ? header.replaceAll("-", "").toLowerCase() : "";
  return /^[0-9a-f]{32}$/.test(text) ? text : undefined;
}

/** A header's value is bytes: text beyond ASCII goes as UTF-8. */
export function headerText(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
