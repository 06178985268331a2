/** The ways in which a client of this wire sends its key, in the order in which they are tried. */
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
