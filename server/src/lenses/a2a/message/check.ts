/** What a message must be before an agent hears it. */
import type { Part } from "../../../task/part.ts";
import { isTaken, modesOf } from "../card/modes.ts";
import { InvalidParams, ProtocolRefusal } from "../faults.ts";
import type { SendCommand } from "../model/command.ts";
import type { Exchange } from "../operation.ts";

/** Throws `InvalidParams`, and `contentTypeNotSupported` for a part of a type that the agent does not take. */
export function mustBeHeard({ agent }: Pick<Exchange, "agent">, { message }: SendCommand): void {
  if (message.role !== "user") {
    throw new InvalidParams([{ field: "message.role", description: "must be that of the user" }]);
  }
  const { input } = modesOf(agent.definition);
  const foreign = message.parts.map(typeOf).find((type) => type !== null && !isTaken(type, input));
  if (foreign === undefined || foreign === null) return;
  const taken = input.join(", ");
  const says = `Incompatible content types: ${foreign.slice(0, 127)} is not supported. The agent takes ${taken}.`;
  throw new ProtocolRefusal("contentTypeNotSupported", says, { mediaType: foreign });
}

/** A file that does not say what it is may be anything. */
function typeOf(part: Part): string | null {
  return part.mediaType ?? ("text" in part ? "text/plain" : "data" in part ? "application/json" : null);
}
