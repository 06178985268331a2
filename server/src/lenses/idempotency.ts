/**
 * The Idempotency-Key of a request: a string of the caller's that is remembered for 24 hours with a hash of the request
 * it came with, so that the same request again takes effect once.
 */
import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { Refusal } from "../task/errors.ts";
import type { Idempotency } from "../task/submission.ts";
import { IDEMPOTENCY_FIELD } from "./error-answer.ts";

/**
 * What another request under a used key is. `conflict`: refused by that code, as the IETF's draft wants it; a key that is
 * empty or too long is `invalid`. `another`: simply another request, since path and body are part of what is remembered.
 */
export type KeyReuse = "conflict" | "another";

export type KeyedRequest = {
  method: string;
  /** Path and query, with the mount path. */
  url: string;
  /** Prefix that the lens is mounted at. */
  mount: string;
  headers: IncomingHttpHeaders;
  body: unknown;
};

const KEY_LENGTH_MAX = 255;

export function hasKey({ headers }: Pick<KeyedRequest, "headers">): boolean {
  return headers["idempotency-key"] !== undefined;
}

/** Undefined when the request has no key. */
export function idempotencyOf(request: KeyedRequest, reuse: KeyReuse): Idempotency | undefined {
  const given = request.headers["idempotency-key"];
  if (given === undefined) return undefined;
  return reuse === "conflict" ? boundToKey(String(given), request) : boundToRequest(String(given), request);
}

/** The same key bound to what the handler has read of its request. */
export function withContent(idempotency: Idempotency | undefined, content: unknown): Idempotency | undefined {
  if (!idempotency) return undefined;
  const hash = createHash("sha256").update(`${idempotency.hash}\n${JSON.stringify(content)}`);
  return { key: idempotency.key, hash: hash.digest("base64url") };
}

function boundToKey(key: string, { method, url, body }: KeyedRequest): Idempotency {
  if (key === "" || key.length > KEY_LENGTH_MAX) {
    throw new Refusal("invalid", `An Idempotency-Key has 1 to ${KEY_LENGTH_MAX} characters.`, {
      field: IDEMPOTENCY_FIELD,
    });
  }
  const hash = createHash("sha256").update(`${method} ${url}\n${JSON.stringify(body ?? null)}`);
  return { key, hash: hash.digest("base64url") };
}

/** By the path below the mount, so that a client may change its base URL. */
function boundToRequest(key: string, { method, url, mount, body }: KeyedRequest): Idempotency | undefined {
  if (key === "") return undefined;
  const [path = ""] = url.slice(mount.length).split("?", 1);
  const hash = createHash("sha256")
    .update(JSON.stringify([key, method, path, body ?? null]))
    .digest("hex");
  return { key: hash, hash };
}
