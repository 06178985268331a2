/** The ways in which a client of this wire sends its key, in the order in which they are tried. */
import type { IncomingHttpHeaders } from "node:http";
import { isUuid } from "../../task/id.ts";
import type { Principal } from "../../task/principal.ts";
import type { Chosen } from "../lens-parts.ts";
import type { SecretPlace } from "../secrets.ts";

export const SECRETS: readonly SecretPlace[] = [
  { in: "header", name: "x-api-key" },
  { in: "authorization", scheme: "bearer" },
];

/** Browsers' EventSource can send one in the query alone. */
export const STREAM_SECRETS: readonly SecretPlace[] = [
  ...SECRETS,
  { in: "query", name: "api_key" },
  { in: "query", name: "token" },
];

/** `sk-shannon-<x>` is another spelling of `sk_<x>`. */
export function canonicalSecret(secret: string): string {
  return secret.startsWith("sk-shannon-") ? `sk_${secret.slice("sk-shannon-".length)}` : secret;
}

/** Whom a client without a key is that names nobody else: to us, the developer. */
const USUAL_USER = "00000000-0000-0000-0000-000000000002";
const USUAL_TENANT = "00000000-0000-0000-0000-000000000001";

/** A client without a key says by these headers who it is; they hold UUIDs, and what is none says nothing. */
export function chosenIdentity(headers: IncomingHttpHeaders): Chosen {
  const user = uuidIn(headers["x-user-id"]);
  const tenant = uuidIn(headers["x-tenant-id"]);
  return {
    ...(user !== undefined && user !== USUAL_USER && { user }),
    ...(tenant !== undefined && tenant !== USUAL_TENANT && { tenant }),
  };
}

function uuidIn(header: string | string[] | undefined): string | undefined {
  const text = typeof header === "string" ? header.trim().toLowerCase() : "";
  return isUuid(text) ? text : undefined;
}

/** The caller as the lists of this wire know it: they hold its own, also where its key may see those of the whole tenant. */
export function forItself(principal: Principal): Principal {
  if (!principal.scopes.has("tasks:all")) return principal;
  return {
    ...principal,
    scopes: new Set([...principal.scopes].map((scope) => (scope === "tasks:all" ? "tasks" : scope))),
  };
}
