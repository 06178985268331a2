/**
 * A message to a task that there is already: the answer to what it asks, or one that waits for its next question. The same
 * message again, right behind itself, is taken once; an id by itself says nothing, since clients use one for many messages.
 */
import { createHash } from "node:crypto";
import { isTaskId, uuidV8 } from "../../../task/id.ts";
import type { Json } from "../../../task/json/json.ts";
import { isTerminal } from "../../../task/states.ts";
import type { Task } from "../../../task/task.ts";
import { InvalidParams, ProtocolRefusal } from "../faults.ts";
import type { PushConfigWanted, SendCommand } from "../model/command.ts";
import type { MessageView } from "../model/view.ts";
import { conversationNamed } from "../names.ts";
import type { Exchange } from "../operation.ts";
import { FORMATS, subscriptionOf } from "../push/config.ts";
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
  const { push } = command;
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
  const last = await verbs.tasks.lastTold(principal, taskId);
  const text = JSON.stringify(canonical(value));
  if (last !== null && JSON.stringify(canonical(last.told)) === text) {
    await pushedToo(exchange, task, push);
    return { task, replayed: true, contextId };
  }
  // Two that come at the same moment are the same one too.
  const inputId = uuidV8(
    createHash("sha256")
      .update(`${taskId}\n${last?.messageId ?? ""}\n${text}`)
      .digest(),
  );
  // A permission is given elsewhere: what a message says is no proof of one.
  const subscriptions = push === null ? [] : [subscriptionOf(exchange, push)];
  const input = { messageId: inputId, value, except: "authorization" as const, subscriptions };
  const steering = idempotency && { idempotency };
  const done = await verbs.tasks.input(principal, taskId, input, steering, [...uploads.keys()]);
  if (done.replayed) await pushedToo(exchange, done.task, push);
  return { ...done, contextId };
}

/** A repeat brings the configuration that the first one has not brought. */
async function pushedToo(exchange: Exchange, { id }: Task, push: PushConfigWanted | null): Promise<void> {
  if (push === null) return;
  const { verbs, principal } = exchange;
  const known = await verbs.subscriptions.list(principal, id, FORMATS);
  const isKnown = known.some((each) => each.url === push.url && (!push.id || push.id === each.id));
  if (!isKnown) await verbs.subscriptions.create(principal, id, subscriptionOf(exchange, push));
}

/** Clients of the old protocol buffers may read no `contextId` and make one up: then the task's own is meant. */
async function isMadeUp(exchange: Exchange, contextId: string): Promise<boolean> {
  const { binding, version } = exchange.dialect;
  return binding === "HTTP+JSON" && version === "0.3" && (await conversationNamed(exchange, contextId)) === null;
}

function unknownTask(): never {
  throw new ProtocolRefusal("taskNotFound", "Task not found");
}
