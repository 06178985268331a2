/** Where in a request its caller's key may be: each lens declares the places, in the order in which they are tried. */
import type { IncomingMessage } from "node:http";
import { Refusal } from "../task/errors.ts";
import type { Incoming } from "./incoming.ts";

export type SecretPlace =
  | { in: "header"; name: string }
  /** `Authorization`. `basic` is the password, whoever the user is; `any` is every scheme, or the key by itself. */
  | { in: "authorization"; scheme: "bearer" | "basic" | "any" }
  | { in: "query"; name: string };

/** The places of all our APIs beside `Authorization`. */
export const KEY_PLACES: readonly Exclude<SecretPlace, { in: "authorization" }>[] = [
  { in: "header", name: "x-api-key" },
  { in: "header", name: "iam-api-key" },
  { in: "header", name: "iam-api_key" },
  { in: "query", name: "api_key" },
  { in: "query", name: "token" },
];

type Asked = Pick<Incoming, "headers" | "query" | "raw">;

/** Lengths of the names of such headers: most other headers have other lengths. */
const KEY_NAME_LENGTHS = new Set(KEY_PLACES.flatMap((place) => (place.in === "header" ? [place.name.length] : [])));

/**
 * All possible keys, in the order of `places`, each as often as it comes; and those that another of our APIs would have taken, since
 * two keys in a request must belong to the same caller. Blank ones do not count.
 */
export function secretsOf(request: Asked, places: readonly SecretPlace[]): string[] {
  const secrets = secretsAt(request, places);
  if (secrets.length === 0 || !mayHaveKeyBeside(request)) return secrets;
  for (const beside of secretsAt(request, KEY_PLACES)) if (!secrets.includes(beside)) secrets.push(beside);
  return secrets;
}

/** By the lengths of names: to look for each name took as long as to find the key's principal. */
function mayHaveKeyBeside({ raw: { rawHeaders }, query }: Asked): boolean {
  for (let at = 0; at < rawHeaders.length; at += 2) if (KEY_NAME_LENGTHS.has(rawHeaders[at]?.length ?? 0)) return true;
  for (const _ in Object(query)) return true;
  return false;
}

function secretsAt(request: Asked, places: readonly SecretPlace[]): string[] {
  const secrets: string[] = [];
  for (const place of places) {
    const found = secretAt(request, place);
    if (typeof found !== "string") secrets.push(...found.filter((secret) => secret !== ""));
    else if (found !== "") secrets.push(found);
  }
  return secrets;
}

/** Node.js returns the first `Authorization` only: a proxy that reads another one would see another caller. */
export function isAuthorizedTwice({ rawHeaders }: Pick<IncomingMessage, "rawHeaders">): boolean {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? "";
    if (name.length === AUTHORIZATION.length && name.toLowerCase() === AUTHORIZATION) count += 1;
  }
  return count > 1;
}

export function authorizedTwice(): Refusal {
  return new Refusal("unauthenticated", "The header Authorization comes more than once. Send one key.", {
    hasKey: true,
  });
}

const AUTHORIZATION = "authorization";

function secretAt(request: Asked, place: SecretPlace): string | string[] {
  switch (place.in) {
    case "header":
      return textsOf(request.headers[place.name]);
    case "query":
      return textsOf(queryValue(request.query, place.name));
    case "authorization": {
      const { authorization } = request.headers;
      return authorization === undefined ? "" : inAuthorization(authorization, place.scheme);
    }
  }
}

function inAuthorization(authorization: string, wanted: "bearer" | "basic" | "any"): string {
  const space = authorization.indexOf(" ");
  const scheme = authorization.slice(0, Math.max(0, space)).toLowerCase();
  const value = authorization.slice(space + 1).trim();
  if (wanted !== "any" && scheme !== wanted) return "";
  return scheme === "basic" ? passwordOf(value) : value;
}

function passwordOf(credentials: string): string {
  const pair = Buffer.from(credentials, "base64").toString("utf8");
  return pair.slice(pair.indexOf(":") + 1);
}

function textsOf(value: unknown): string | string[] {
  if (typeof value === "string") return value.trim();
  return Array.isArray(value) ? value.map((each: unknown) => (typeof each === "string" ? each.trim() : "")) : "";
}

function queryValue(query: unknown, name: string): unknown {
  return typeof query === "object" && query !== null && Object.hasOwn(query, name) ? Reflect.get(query, name) : null;
}
