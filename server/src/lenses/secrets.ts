/** Where in a request its caller's key may be: each lens declares the places, and they are looked at in that order. */
import type { Incoming } from "./incoming.ts";

export type SecretPlace =
  | { in: "header"; name: string }
  /** `Authorization`. `basic` is the password, whoever the user is; `any` is every scheme, or the key by itself. */
  | { in: "authorization"; scheme: "bearer" | "basic" | "any" }
  | { in: "query"; name: string };

type Asked = Pick<Incoming, "headers" | "query">;

/** All that may be a key, in the order of `places`. What is blank is none. */
export function secretsOf(request: Asked, places: readonly SecretPlace[]): string[] {
  const secrets: string[] = [];
  for (const place of places) {
    const secret = secretAt(request, place);
    if (secret !== "") secrets.push(secret);
  }
  return secrets;
}

function secretAt(request: Asked, place: SecretPlace): string {
  switch (place.in) {
    case "header":
      return single(request.headers[place.name]);
    case "query":
      return single(queryValue(request.query, place.name));
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

/** The first of several. */
function single(value: unknown): string {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === "string" ? first.trim() : "";
}

function queryValue(query: unknown, name: string): unknown {
  return typeof query === "object" && query !== null ? new Map<string, unknown>(Object.entries(query)).get(name) : null;
}
