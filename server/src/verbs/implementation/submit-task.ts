/** The first commit of a new task, with all that belongs to it; the task runs at once if there is a slot. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "../../engine/clock.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Ids } from "../../engine/ids.ts";
import type { Along } from "../../engine/transitions.ts";
import type { TurnGuard } from "../../store/turn.ts";
import type { Write } from "../../store/write.ts";
import { turnWait } from "../../task/agent/multitask.ts";
import { auditEntry } from "../../task/audit.ts";
import { type Change, submitted, submittedGoingOn } from "../../task/decide.ts";
import { Refusal } from "../../task/errors.ts";
import type { TaskId } from "../../task/id.ts";
import type { JsonObject } from "../../task/json/json.ts";
import { isLongJson } from "../../task/json/json-pieces.ts";
import { type NewTask, newTask } from "../../task/new-task.ts";
import type { Principal } from "../../task/principal.ts";
import type { QueuedTask } from "../../task/queued-task.ts";
import type { Task } from "../../task/task.ts";
import { titleOf } from "../../task/text/title.ts";
import type { Trace } from "../../task/trace.ts";

const CONVERSATION_TITLE_MAX = 60;
/** An input of this length takes milliseconds at each step of a submit. */
const LONG_CHARACTERS = 128 << 10;

/** What becomes of the trace that a new task's caller has named, if any. */
export type TraceBegins = (given: Trace | null, id: TaskId) => Trace | null;
type SubmitParts = { engine: Engine; clock: Clock; ids: Ids; trace?: TraceBegins };
/** Who asks for a new task, and the act and detail of the entry in the audit log. */
export type AskedBy = { principal: Principal; act: string; detail: JsonObject };
type Submitted = { task: Task } | { replayed: TaskId; hash: string };

/**
 * `along` commits with it: its subscriptions become those of the new task, its conversation gets the task's title. Throws `invalid` for
 * an input that does not fit its kind, and as the store does when `along` cannot be written. An entry of the audit log is in `along`,
 * or is made from `asked`; `replayed` is the task of a repeated idempotency key.
 */
export async function submitTask(
  { engine, clock, ids, trace }: SubmitParts,
  fresh: NewTask,
  along: Along = {},
  asked: AskedBy | null = null,
): Promise<Submitted> {
  const now = clock.now();
  const id = ids.taskId(now);
  const traced = trace ? { ...fresh, trace: trace(fresh.trace ?? null, id) } : fresh;
  const { task: made, message } = newTask(traced, id, now);
  // The check has taken a while, and to write it and begin takes as long.
  if (isLongJson(made.input, LONG_CHARACTERS)) await nextTurn();
  const { task, turn } = inOrder(made, along);
  const mayGoOn = turn === undefined;
  const byPeople = mayGoOn && task.assignment !== null && task.notBefore === null;
  const reserved = mayGoOn && !byPeople && engine.slots.reserve(task);
  let done: Submitted | undefined;
  try {
    const change =
      reserved || byPeople
        ? submittedGoingOn(task, byPeople ? "ask" : "start", fresh.reason)
        : submitted(task, fresh.reason);
    if (change instanceof Refusal) throw change;
    const audit = asked && auditEntry(asked.principal, asked.act, now, { task: id, detail: asked.detail });
    const told = audit === null ? along : { audit, ...along };
    done = await engine.transitions.submit({ ...withAlong(change, message, told), ...(turn && { turn }) });
    return done;
  } finally {
    if (reserved && !(done && "task" in done)) engine.slots.unreserve(task.id);
  }
}

/**
 * A task that may not run beside others of its conversation, and its place in their order. It begins after its commit, in order. In a
 * conversation that is created with it, there are no others.
 */
function inOrder(task: QueuedTask, { conversation }: Along): { task: QueuedTask; turn?: TurnGuard } {
  if (task.multitaskStrategy === null || conversation !== undefined) return { task };
  if (task.multitaskStrategy === "reject") return { task, turn: "alone" };
  return { task: { ...task, waits: [turnWait(task.createdAt)] }, turn: "last" };
}

/** A task of people from its first moment on, as a write that may commit beside others. Throws `invalid` as `submitTask` does. */
export function askingWrite({ clock, ids }: Pick<SubmitParts, "clock" | "ids">, fresh: NewTask, along: Along): Write {
  const now = clock.now();
  const { task, message } = newTask(fresh, ids.taskId(now), now);
  const change = submittedGoingOn(task, "ask");
  if (change instanceof Refusal) throw change;
  return withAlong(change, message, along);
}

function withAlong(change: Change, message: ReturnType<typeof newTask>["message"], along: Along): Write {
  const { task } = change;
  return {
    ...change,
    ...along,
    ...(along.conversation && { conversation: titled(along.conversation, task) }),
    ...(along.subscriptions && {
      subscriptions: along.subscriptions.map((subscription) => ({ ...subscription, task: task.id })),
    }),
    ...(message && task.conversation !== null && { messages: [{ role: "user", ...message }] }),
  };
}

function titled(made: NonNullable<Along["conversation"]>, { title }: Pick<Task, "title">): typeof made {
  return { ...made, conversation: { ...made.conversation, title: titleOf(title, CONVERSATION_TITLE_MAX) } };
}
