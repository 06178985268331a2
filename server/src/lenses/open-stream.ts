/** Opens the stream of a route's answer: it ends with the key of its caller. */
import type { ServerResponse } from "node:http";
import type { Principal } from "../task/principal.ts";
import { follow } from "./following.ts";
import type { Incoming } from "./incoming.ts";
import type { EventStream, LensParts } from "./lens-parts.ts";

/** `principal` is null on an open route. Throws `unavailable` when too many are open. */
export function openStream(
  parts: Pick<LensParts, "keyEnd" | "stream">,
  request: Incoming,
  response: ServerResponse,
  principal: Principal | null,
  stream: EventStream,
): Promise<void> {
  const keyEnd = principal && parts.keyEnd(principal, response);
  if (keyEnd === null) return parts.stream(request, response, stream);
  return parts.stream(request, response, { ...stream, ended: (end) => follow(keyEnd, { abort: end }) });
}
