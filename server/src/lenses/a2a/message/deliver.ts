/** Brings a message to its task: what a send and a send with a stream have in common. */
import type { Acknowledged } from "../../../verbs/tasks.ts";
import { ProtocolRefusal } from "../faults.ts";
import type { SendCommand } from "../model/command.ts";
import type { Exchange } from "../operation.ts";
import { withFiles } from "../raw-parts.ts";
import { begun } from "./begin.ts";
import { mustBeHeard } from "./check.ts";
import { joined } from "./join.ts";

/** Resolves once it is on disk. */
export async function delivered(exchange: Exchange, command: SendCommand): Promise<Acknowledged> {
  mustBeHeard(exchange, command);
  if (command.push !== null) {
    throw new ProtocolRefusal("pushNotSupported", "The agent sends no notifications.");
  }
  const message = withFiles(command.message, exchange.uploads);
  const { taskId = "" } = message;
  return taskId === "" ? begun(exchange, command, message) : joined(exchange, command, message, taskId);
}
