/** Signatures of Standard Webhooks (https://www.standardwebhooks.com), of which a secret is `whsec_` and base64. */
import { createHmac, randomBytes } from "node:crypto";
import { z } from "zod";

const PREFIX = "whsec_";
/** Of 24 to 64 bytes, as the standard wants it. */
export const secret = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]{32,86}={0,2}$/, "must be whsec_ and 24 to 64 bytes in base64");

const SECRET_BYTES = 32;

export function newSecret(): string {
  return PREFIX + randomBytes(SECRET_BYTES).toString("base64");
}

export function signature(given: string, id: string, timestampS: number, body: string): string {
  const key = Buffer.from(given.slice(PREFIX.length), "base64");
  return `v1,${createHmac("sha256", key).update(`${id}.${timestampS}.${body}`).digest("base64")}`;
}
