/** Signatures of Standard Webhooks (https://www.standardwebhooks.com), of which a secret is `whsec_` and base64. */
import { createHmac, type Hmac, randomBytes } from "node:crypto";
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

/** It is given the body, and is then `signatureOf` it. */
export function signFor(given: string, id: string, timestampS: number): Hmac {
  const key = Buffer.from(given.slice(PREFIX.length), "base64");
  return createHmac("sha256", key).update(`${id}.${timestampS}.`);
}

export function signatureOf(sign: Hmac): string {
  return `v1,${sign.digest("base64")}`;
}
