/** Brings a message to its task: what a send and a send with a stream have in common. */
import type { SendCommand } from "../model/command.ts";
import type { Exchange } from "../operation.ts";
import { withFiles } from "../raw-parts.ts";
import { begun, type Delivered } from "./begin.ts";
import { mustBeHeard } from "./check.ts";
import { joined } from "./join.ts";

/** Resolves once it is on disk, with the push configuration that came with it. */
export async function delivered(exchange: Exchange, command: SendCommand): Promise<Delivered> {
  mustBeHeard(exchange, command);
  const message = withFiles(command.message, exchange.uploads);
  const { taskId = "" } = message;
  return taskId === "" ? begun(exchange, command, message) : joined(exchange, command, message, taskId);
}
