/** How a client of this wire says who it is, and which pages of the web may read what it is answered. */
import type { IncomingHttpHeaders } from "node:http";
import type { SecretPlace } from "../secrets.ts";

export const SECRETS: readonly SecretPlace[] = [
  { in: "authorization", scheme: "bearer" },
  { in: "header", name: "iam-api-key" },
  { in: "header", name: "iam-api_key" },
];

/** What every answer carries. */
export function responseHeaders(): Record<string, string> {
  return { "access-control-allow-origin": "*" };
}

/** The vendor's own page sends headers of its own, of which no list would be whole. */
export function preflight(headers: IncomingHttpHeaders): Record<string, string> {
  return {
    "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
    "access-control-allow-headers": headers["access-control-request-headers"] ?? "*",
    "access-control-max-age": "600",
  };
}
