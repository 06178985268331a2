/** Which web pages may read the answers of a lens that has no rules of its own for that (CORS of the Fetch standard). */
import type { IncomingHttpHeaders } from "node:http";
import type { Lens } from "../lenses/lens.ts";
import { isForeign } from "./origin.ts";

export type AllowedOrigins = {
  /** As browsers send them, `https://app.example.com`; `*` is every one. */
  listed: readonly string[];
  /** Pages of this machine. */
  local: boolean;
};

const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
/** What programs need of an answer beside its body. */
const EXPOSED = [
  "ETag",
  "Link",
  "Location",
  "Retry-After",
  "X-Request-Id",
  "Idempotency-Replayed",
  "Content-Disposition",
  "RateLimit",
  "RateLimit-Policy",
  "RateLimit-Limit",
  "RateLimit-Remaining",
  "RateLimit-Reset",
].join(", ");
const REMEMBERED_S = "3600";

/** The same lens for pages of these origins too. Keys come in headers: no page is given a cookie of ours. */
export function openTo(lens: Lens, origins: AllowedOrigins): Lens {
  if (lens.headers !== undefined || (origins.listed.length === 0 && !origins.local)) return lens;
  return {
    ...lens,
    headers: (headers) => {
      const vary = { vary: "Origin" };
      const { origin } = headers;
      if (origin === undefined || !isAllowed(headers, origins)) return vary;
      return { ...vary, "access-control-allow-origin": origin, "access-control-expose-headers": EXPOSED };
    },
    preflight: (headers) => ({
      "access-control-allow-methods": METHODS,
      "access-control-allow-headers": headers["access-control-request-headers"] ?? "*",
      "access-control-max-age": REMEMBERED_S,
    }),
  };
}

const NONE: ReadonlySet<string> = new Set();

function isAllowed(headers: IncomingHttpHeaders, { listed, local }: AllowedOrigins): boolean {
  const { origin = "" } = headers;
  return listed.includes("*") || listed.includes(origin) || (local && !isForeign(headers, NONE));
}
