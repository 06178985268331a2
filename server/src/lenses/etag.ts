/** Conditional GET: a client that names the tag of its copy gets no body again (RFC 9110, section 13). */
import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { Answer } from "./route.ts";

type Tagged = {
  bytes: Buffer | string | Readable;
  headers: { "content-type": string; etag: string; "cache-control": string };
};

/** The bytes, or 304 when `If-None-Match` names their tag. */
export function conditional(headers: IncomingHttpHeaders, { bytes, headers: own }: Tagged): Answer {
  const known = headers["if-none-match"];
  if (known !== undefined && matches(known, own.etag)) {
    return { status: 304, headers: { etag: own.etag, "cache-control": own["cache-control"] } };
  }
  return { status: 200, bytes, headers: own };
}

/** RFC 9110, 13.1.2: a list of tags, compared weakly, or any. */
function matches(known: string, etag: string): boolean {
  return (
    known === etag || known.split(",").some((tag) => tag.trim() === "*" || tag.trim().replace(/^W\//, "") === etag)
  );
}
