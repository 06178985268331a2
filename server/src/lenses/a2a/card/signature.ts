/**
 * Signs cards, so that whoever has read one can tell that it is this server's: JWS over the canonical form that the
 * protocol's own clients make of a card of its version. Of 1.0 they make two, of which a client takes either: that for
 * TypeScript leaves out how callers are known. The key is the deployment's, else one that follows from the server's secret,
 * which lies beside the tasks and stays the same after a restart. Its public half is read where the signature says.
 */
import { createHash, createPrivateKey, createPublicKey, hkdfSync, type KeyObject, sign } from "node:crypto";
import { type JsonObject, jsonObject } from "../../../task/json/json.ts";
import type { LensParts } from "../../lens-parts.ts";
import type { Version } from "../vocabulary.ts";
import { newForm, oldForm } from "./canonical-form.ts";

export const KEYS_PATH = "/.well-known/jwks.json";

/** What stands before the 32 bytes of an Ed25519 key in PKCS #8. */
const PKCS8_OF_ED25519 = Buffer.from("302e020100300506032b657004220420", "hex");
/** Signed cards that are kept: a signature may be another each time that it is made, and a card has a strong tag. */
const KEPT_MAX = 200;

/** Throws for a text that is no private key, or one that cards cannot be signed with: Ed25519, P-256 and RSA are. */
export function cardKeyIn(pem: string): { key: KeyObject; alg: string } {
  const key = createPrivateKey(pem);
  const { namedCurve } = key.asymmetricKeyDetails ?? {};
  const kind = `${key.asymmetricKeyType} ${namedCurve ?? ""}`.trim();
  const alg = { ed25519: "EdDSA", "ec prime256v1": "ES256", rsa: "RS256" }[kind];
  if (alg === undefined) throw new Error(`a key of type ${kind} signs no cards`);
  return { key, alg };
}

function keyFrom(secret: Buffer): { key: KeyObject; alg: string } {
  const seed = Buffer.from(hkdfSync("sha256", secret, "", "a2a card", 32));
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_OF_ED25519, seed]), format: "der", type: "pkcs8" });
  return { key, alg: "EdDSA" };
}

export class CardSigner {
  readonly #key: KeyObject;
  readonly #alg: string;
  readonly #publicKey: JsonObject;
  readonly #kid: string;
  readonly #kept = new Map<string, Promise<JsonObject>>();

  constructor({ tokenSecret }: Pick<LensParts, "tokenSecret">, pem: string | null) {
    const { key, alg } = pem === null ? keyFrom(tokenSecret) : cardKeyIn(pem);
    this.#key = key;
    this.#alg = alg;
    const jwk = createPublicKey(key).export({ format: "jwk" });
    this.#publicKey = jsonObject.parse(jwk);
    this.#kid = thumbprintOf(this.#publicKey);
  }

  /** What a client verifies signatures with. */
  get keys(): JsonObject {
    return { keys: [{ ...this.#publicKey, kid: this.#kid, alg: this.#alg, use: "sig" }] };
  }

  /** The card of a version with its signature, whose key is read at `url`. */
  signed(card: JsonObject, version: Version, url: string): Promise<JsonObject> {
    const text = JSON.stringify([url, card]);
    const known = this.#kept.get(text);
    if (known !== undefined) return known;
    if (this.#kept.size === KEPT_MAX) this.#kept.clear();
    const made = version === "1.0" ? this.#sign(card, url) : Promise.resolve(this.#signOld(card, url));
    this.#kept.set(text, made);
    made.catch(() => this.#kept.delete(text));
    return made;
  }

  #signOld(card: JsonObject, url: string): JsonObject {
    const header = { alg: this.#alg, kid: this.#kid, typ: "JOSE", jku: url };
    const signature = jws(header, oldForm(card), this.#key);
    return { ...card, signatures: [signature] };
  }

  async #sign(card: JsonObject, url: string): Promise<JsonObject> {
    // Loaded at the first card, since it takes as long as the rest of a start.
    const { AgentCard, generateAgentCardSignature } = await import("@a2a-js/sdk");
    const sign = generateAgentCardSignature(this.#key, { alg: this.#alg, kid: this.#kid, typ: "JOSE", jku: url });
    const { signatures } = await sign(AgentCard.fromJSON(card));
    const whole = jws({ alg: this.#alg, kid: this.#kid, typ: "JOSE", jku: url }, newForm(card), this.#key);
    const others = signatures.map((made) => ({ protected: made.protected, signature: made.signature }));
    // That client writes a line for each signature that it passes over.
    return { ...card, signatures: [...others, whole] };
  }
}

/** RFC 7515: the hash, and for a curve the form of a signature, follow from the algorithm. */
function jws(
  header: { alg: string; kid: string; typ: string; jku: string },
  payload: string,
  key: KeyObject,
): { protected: string; signature: string } {
  const [head, body] = [JSON.stringify(header), payload].map((text) => Buffer.from(text).toString("base64url"));
  const hash = header.alg === "EdDSA" ? null : "sha256";
  const made = sign(hash, Buffer.from(`${head}.${body}`), { key, dsaEncoding: "ieee-p1363" });
  return { protected: `${head}`, signature: made.toString("base64url") };
}

/** RFC 7638. */
function thumbprintOf(jwk: JsonObject): string {
  const members = ["crv", "e", "kty", "n", "x", "y"].filter((name) => jwk[name] !== undefined);
  const text = JSON.stringify(Object.fromEntries(members.map((name) => [name, jwk[name]])));
  return createHash("sha256").update(text).digest("base64url");
}

const signers = new WeakMap<LensParts, CardSigner>();

/** That of a server. */
export function cardSigner(parts: LensParts, pem: string | null): CardSigner {
  const known = signers.get(parts) ?? new CardSigner(parts, pem);
  signers.set(parts, known);
  return known;
}
