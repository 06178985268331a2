/** What a message must be before an agent hears it. */
import type { Part } from "../../../task/part.ts";
import { isGiven, isTaken, modesOf } from "../card/modes.ts";
import { InvalidParams, ProtocolRefusal } from "../faults.ts";
import type { SendCommand } from "../model/command.ts";
import type { Exchange } from "../operation.ts";

/**
 * Throws `InvalidParams`, and `contentTypeNotSupported` for a part of a type that the agent does not take, or where the caller
 * takes nothing that the agent gives.
 */
export function mustBeHeard({ agent }: Pick<Exchange, "agent">, { message, outputModes }: SendCommand): void {
  if (message.role !== "user") {
    throw new InvalidParams([{ field: "message.role", description: "must be that of the user" }]);
  }
  const { input, output } = modesOf(agent.definition);
  const foreign = message.parts.map(typeOf).find((type) => type !== null && !isTaken(type, input));
  if (foreign !== undefined && foreign !== null) throw incompatible(foreign, `The agent takes ${input.join(", ")}.`);
  if (isGiven(agent.definition, outputModes)) return;
  throw incompatible(outputModes.join(", "), `The agent gives ${output.join(", ")}.`);
}

function incompatible(mediaType: string, says: string): ProtocolRefusal {
  const shown = mediaType.slice(0, 127);
  const sentence = `Incompatible content types: ${shown} is not supported. ${says}`;
  return new ProtocolRefusal("contentTypeNotSupported", sentence, { mediaType: shown });
}

/** A file that does not say what it is may be anything. */
function typeOf(part: Part): string | null {
  return part.mediaType ?? ("text" in part ? "text/plain" : "data" in part ? "application/json" : null);
}
