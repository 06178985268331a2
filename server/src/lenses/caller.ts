/** Who calls a route, by the key that comes in one of its places. */
import { Refusal } from "../task/errors.ts";
import type { Principal } from "../task/principal.ts";
import type { Incoming } from "./incoming.ts";
import type { Lens } from "./lens.ts";
import type { LensParts } from "./lens-parts.ts";
import type { Route } from "./route.ts";
import { secretsOf } from "./secrets.ts";

export type Authenticated = (request: Incoming) => Principal | Promise<Principal>;

export function authenticationOf(lens: Lens, route: Route, parts: LensParts): Authenticated {
  const { secrets, spelling, choose } = lens.caller;
  const places = route.secrets ?? secrets;
  return (request) => {
    const found = secretsOf(request, places);
    const spelled = spelling === undefined ? found : found.map((secret) => spelling(secret, parts));
    return noting(parts.authenticate(request, spelled, choose?.(request.headers)), request, lens.name, route.id, parts);
  };
}

/** One that is not accepted is counted for the audit log. Who sends none has been refused nothing. */
export function noting(
  found: Principal | Promise<Principal>,
  request: Incoming,
  lens: string,
  route: string,
  parts: LensParts,
): Principal | Promise<Principal> {
  if (!(found instanceof Promise)) return found;
  return found.catch((error: unknown) => {
    if (error instanceof Refusal && error.code === "unauthenticated" && error.detail.hasKey === true)
      parts.verbs.audit.refused({ principal: null, ...comingFrom(request, lens, parts), route });
    throw error;
  });
}

/** A known caller that may not do what it asked is counted for the audit log. */
export function noteRefusedScope(
  error: unknown,
  request: Incoming,
  { name }: Lens,
  { id }: Route,
  parts: LensParts,
): void {
  const { principal } = request;
  if (principal === null || !(error instanceof Refusal) || error.code !== "forbidden") return;
  parts.verbs.audit.refused({ principal, ...comingFrom(request, name, parts), route: id });
}

function comingFrom(request: Incoming, lens: string, { admission }: LensParts) {
  const { ip: address, id } = request;
  return { origin: { address, lens, request: id }, network: admission.networkOf(request) };
}
