/**
 * Tokens that stand for an API key: signed, with the claims that clients read out of them. The key itself is in a token,
 * sealed, so that a token ends with its key and nothing has to be kept; both are under a secret of this process alone, so
 * that one of before a restart is nobody's, and its client asks for another.
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

export class Tokens {
  readonly #signing = randomBytes(32);
  readonly #sealing = randomBytes(32);

  /** For whom `key` is; without one, for the developer, whom no token makes more than anybody on this machine is. */
  issue({ user, tenant }: Pick<Principal, "user" | "tenant">, key: string | null, now: number): string {
    const sealed = key === null ? {} : { key: this.#seal(key) };
    const payload = encoded({ sub: user, woTenantId: tenant, iat: Math.floor(now / 1_000), ...sealed });
    return `${HEADER}.${payload}.${this.#signature(payload).toString("base64url")}`;
  }

  /** The key that a token of this process stands for; anything else as it is. */
  keyOf(secret: string): string {
    const [header, payload = "", signature = "", ...rest] = secret.split(".", 4);
    if (header !== HEADER || rest.length > 0 || secret.length > TOKEN_LENGTH_MAX) return secret;
    const given = Buffer.from(signature, "base64url");
    const right = this.#signature(payload);
    if (given.length !== right.length || !timingSafeEqual(given, right)) return secret;
    const { key } = claims.parse(JSON.parse(Buffer.from(payload, "base64url").toString("utf8")));
    return key === undefined ? secret : this.#unseal(key);
  }

  #signature(payload: string): Buffer {
    return createHmac("sha256", this.#signing).update(`${HEADER}.${payload}`).digest();
  }

  #seal(key: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#sealing, nonce);
    const bytes = [cipher.update(key, "utf8"), cipher.final()];
    return Buffer.concat([nonce, ...bytes, cipher.getAuthTag()]).toString("base64url");
  }

  #unseal(sealed: string): string {
    const bytes = Buffer.from(sealed, "base64url");
    const decipher = createDecipheriv(CIPHER, this.#sealing, bytes.subarray(0, NONCE_BYTES));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString("utf8");
  }
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
