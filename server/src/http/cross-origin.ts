/** Web pages that may read the answers of a lens without CORS rules of its own (CORS of the Fetch standard). */
import type { IncomingHttpHeaders } from "node:http";
import type { Lens } from "../lenses/lens.ts";
import { isForeign } from "./origin.ts";

export type AllowedOrigins = {
  /** Origins as browsers send them, `https://app.example.com`; `*` is every one. */
  listed: readonly string[];
  /** Pages of this machine. */
  local: boolean;
};

const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
/** Headers that programs need. */
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

/** The same lens, open to pages of these origins. Keys come in headers: no page has a cookie of ours. */
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
