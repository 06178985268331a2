/** The headers that every answer carries: the trace, and what lets a web page of another origin read it. */
import { randomBytes } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

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

/** The answer to a preflight, at 200. */
export const PREFLIGHT = {
  "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
  "access-control-allow-headers": ALLOWED.join(", "),
  "access-control-max-age": "3600",
};

/** What every answer carries. */
export function responseHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  return { ...CORS, ...traceOf(headers) };
}

/** The client's own trace where it names one. */
function traceOf(headers: IncomingHttpHeaders): { "x-trace-id": string; "x-span-id": string } {
  const random = randomBytes(24).toString("hex");
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
