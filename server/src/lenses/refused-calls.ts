/** What is refused to callers, on its way into the audit log. */
import { Refusal } from "../task/errors.ts";
import type { Principal } from "../task/principal.ts";
import type { Incoming } from "./incoming.ts";
import type { LensParts } from "./lens-parts.ts";

/** A key that is not accepted is counted for the audit log. Who sends none has been refused nothing. */
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
  lens: string,
  route: string,
  parts: LensParts,
): void {
  const { principal } = request;
  if (principal === null || !(error instanceof Refusal) || error.code !== "forbidden") return;
  parts.verbs.audit.refused({ principal, ...comingFrom(request, lens, parts), route });
}

function comingFrom(request: Incoming, lens: string, { admission }: LensParts) {
  const { ip: address, id } = request;
  return { origin: { address, lens, request: id }, network: admission.networkOf(request) };
}
