/**
 * A message to a task that there is already: the answer to what it asks, or one that waits for its next question. The same
 * message again, right behind itself, is taken once; an id by itself says nothing, since clients use one for many messages.
 */
import { createHash } from "node:crypto";
import { isTaskId, uuidV8 } from "../../../task/id.ts";
import type { Json } from "../../../task/json.ts";
import { isTerminal } from "../../../task/states.ts";
import { InvalidParams, ProtocolRefusal } from "../faults.ts";
import type { SendCommand } from "../model/command.ts";
import type { MessageView } from "../model/view.ts";
import { conversationNamed } from "../names.ts";
import type { Exchange } from "../operation.ts";
import { contextIdOf } from "../view/task.ts";
import { type Delivered, heardAs } from "./begin.ts";
import { canonical, sentOnce } from "./sent-once.ts";

/**
 * Throws `taskNotFound`, `InvalidParams` for another context than the task's, `unsupportedOperation` once it has ended, and as
 * an input does.
 */
export async function joined(
  exchange: Exchange,
  command: SendCommand,
  message: MessageView,
  taskId: string,
): Promise<Delivered> {
  const { verbs, principal, uploads } = exchange;
  const task = isTaskId(taskId) ? await verbs.tasks.get(principal, taskId) : unknownTask();
  const contextId = await contextIdOf(exchange, task);
  const other = message.contextId === contextId ? undefined : message.contextId;
  if (other !== undefined && !(await isMadeUp(exchange, other))) {
    throw new InvalidParams([{ field: "message.contextId", description: "is not the context of the task" }]);
  }
  const idempotency = sentOnce(exchange, command);
  if (isTerminal(task.state) && idempotency === undefined) {
    throw new ProtocolRefusal("unsupportedOperation", `The task is ${task.state}: it takes no more messages.`, {
      taskId,
    });
  }
  const value: Json = { message: { ...heardAs(message) } };
  const turns = await verbs.tasks.turns(principal, taskId);
  const last = turns.flatMap((turn) => (turn.told === undefined ? [] : [turn])).at(-1);
  const text = JSON.stringify(canonical(value));
  if (last !== undefined && JSON.stringify(canonical(last.told)) === text) return { task, replayed: true, contextId };
  // Two that come at the same moment are the same one too.
  const inputId = uuidV8(
    createHash("sha256")
      .update(`${taskId}\n${last?.messageId ?? ""}\n${text}`)
      .digest(),
  );
  // A permission is given elsewhere: what a message says is no proof of one.
  const input = { messageId: inputId, value, except: "authorization" as const };
  const steering = idempotency && { idempotency };
  return { ...(await verbs.tasks.input(principal, taskId, input, steering, [...uploads.keys()])), contextId };
}

/** Clients of the old protocol buffers may read no `contextId` and make one up: then the task's own is meant. */
async function isMadeUp(exchange: Exchange, contextId: string): Promise<boolean> {
  const { binding, version } = exchange.dialect;
  return binding === "HTTP+JSON" && version === "0.3" && (await conversationNamed(exchange, contextId)) === null;
}

function unknownTask(): never {
  throw new ProtocolRefusal("taskNotFound", "Task not found");
}
