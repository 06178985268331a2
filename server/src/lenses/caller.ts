/** Who calls a route, by the key that comes in one of its places. */
import type { Principal } from "../task/principal.ts";
import type { Incoming } from "./incoming.ts";
import type { Lens } from "./lens.ts";
import type { LensParts } from "./lens-parts.ts";
import { noting } from "./refused-calls.ts";
import type { Route } from "./route.ts";
import { authorizedTwice, isAuthorizedTwice, secretsOf } from "./secrets.ts";

export type Authenticated = (request: Incoming) => Principal | Promise<Principal>;

export function authenticationOf(lens: Lens, route: Route, parts: LensParts): Authenticated {
  const { secrets, spelling, choose } = lens.caller;
  const places = route.secrets ?? secrets;
  return (request) => {
    if (isAuthorizedTwice(request.raw))
      return noting(Promise.reject(authorizedTwice()), request, lens.name, route.id, parts);
    const found = secretsOf(request, places);
    const spelled = spelling === undefined ? found : found.map((secret) => spelling(secret, parts));
    return noting(parts.authenticate(request, spelled, choose?.(request.headers)), request, lens.name, route.id, parts);
  };
}
