/** Who calls, by the ways in which a client of this wire sends its key. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Refusal } from "../../task/errors.ts";
import type { Principal } from "../../task/principal.ts";
import type { LensParts } from "../lens.ts";

const callers = new WeakMap<FastifyRequest, Principal>();

/** Makes every route of `app` need a key, before anything else of the request is looked at. */
export function authenticate(app: FastifyInstance, who: LensParts["who"], options: { inQuery: boolean }): void {
  app.addHook("onRequest", async (request) => {
    callers.set(request, await who(request, secretsOf(request, options.inQuery), false));
  });
}

/** The principal of a request to a route that needs a key. */
export function callerOf(request: FastifyRequest): Principal {
  const principal = callers.get(request);
  if (principal === undefined) throw new Refusal("unauthenticated", "An API key is needed.");
  return principal;
}

/** All that may be a key, in the order in which they are tried. Browsers' EventSource can send one in the query alone. */
export function secretsOf(request: Pick<FastifyRequest, "headers" | "query">, inQuery: boolean): string[] {
  const secrets = [single(request.headers["x-api-key"]), bearer(request.headers.authorization)];
  if (inQuery && typeof request.query === "object" && request.query !== null) {
    const query = new Map<string, unknown>(Object.entries(request.query));
    secrets.push(single(query.get("api_key")), single(query.get("token")));
  }
  return secrets.filter((secret) => secret !== "").map(canonical);
}

function bearer(header: string | undefined): string {
  return /^bearer\s+(.+)$/i.exec(header ?? "")?.[1]?.trim() ?? "";
}

function single(value: unknown): string {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === "string" ? first.trim() : "";
}

/** `sk-shannon-<x>` is another spelling of `sk_<x>`. */
function canonical(secret: string): string {
  return secret.startsWith("sk-shannon-") ? `sk_${secret.slice("sk-shannon-".length)}` : secret;
}
