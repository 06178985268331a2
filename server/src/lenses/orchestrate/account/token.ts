/**
 * Tokens that stand for an API key: signed, with the claims that clients read out of them. The key itself is in a token,
 * sealed, so that a token ends with its key and nothing has to be kept of it.
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { Principal } from "../../../task/principal.ts";

const HEADER = encoded({ alg: "HS256", typ: "JWT" });
const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const TOKEN_LENGTH_MAX = 4_096;
const claims = z.looseObject({ key: z.string().optional() });

/** For whom `key` is; without one, for the developer, whom no token makes more than anybody on this machine is. */
export function tokenOf(
  { user, tenant }: Pick<Principal, "user" | "tenant">,
  key: string | null,
  { secret, now }: { secret: Buffer; now: number },
): string {
  const sealed = key === null ? {} : { key: seal(key, secret) };
  const payload = encoded({ sub: user, woTenantId: tenant, iat: Math.floor(now / 1_000), ...sealed });
  return `${HEADER}.${payload}.${signature(payload, secret).toString("base64url")}`;
}

/** The key that a token stands for which was signed with this secret; anything else as it is. */
export function keyOf(given: string, secret: Buffer): string {
  const [header, payload = "", signed = "", ...rest] = given.split(".", 4);
  if (header !== HEADER || rest.length > 0 || given.length > TOKEN_LENGTH_MAX) return given;
  const found = Buffer.from(signed, "base64url");
  const right = signature(payload, secret);
  if (found.length !== right.length || !timingSafeEqual(found, right)) return given;
  const { key } = claims.parse(JSON.parse(Buffer.from(payload, "base64url").toString("utf8")));
  return key === undefined ? given : unseal(key, secret);
}

/** One key for each use of the secret. */
function keyFor(use: "sign" | "seal", secret: Buffer): Buffer {
  return createHmac("sha256", secret).update(`orchestrate tokens: ${use}`).digest();
}

function signature(payload: string, secret: Buffer): Buffer {
  return createHmac("sha256", keyFor("sign", secret)).update(`${HEADER}.${payload}`).digest();
}

function seal(key: string, secret: Buffer): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, keyFor("seal", secret), nonce);
  const bytes = [cipher.update(key, "utf8"), cipher.final()];
  return Buffer.concat([nonce, ...bytes, cipher.getAuthTag()]).toString("base64url");
}

function unseal(sealed: string, secret: Buffer): string {
  const bytes = Buffer.from(sealed, "base64url");
  const decipher = createDecipheriv(CIPHER, keyFor("seal", secret), bytes.subarray(0, NONCE_BYTES));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString("utf8");
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
