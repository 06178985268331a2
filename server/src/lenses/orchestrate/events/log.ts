/** What a run has done, out of the log of its task: all of it so far, as it comes, or what of it an answer tells. */
import { agentOutputOf } from "../../../task/agent/agent.ts";
import { queryIdOf } from "../../../task/conversation.ts";
import { type TaskEvent, TERMINAL_EVENTS } from "../../../task/events/event.ts";
import type { Principal } from "../../../task/principal.ts";
import type { Task } from "../../../task/task.ts";
import { PAGE_LIMIT_MAX } from "../../../task/task-filter.ts";
import type { Tasks } from "../../../verbs/tasks.ts";
import { toldInTurns } from "../../body/json-body.ts";
import { answerOf } from "../messages/message.ts";
import type { StepDetails, ThreadMessage } from "../messages/schema.ts";
import type { TimedOut } from "../vocabulary.ts";
import { endsStream, RunEvents } from "./event.ts";
import type { RunEvent } from "./schema.ts";

/** Events of one log that are looked through for the steps of a message. */
const STEP_EVENTS_MAX = 20_000;

/** What a run has told by now, oldest first. */
export async function* eventsSoFar(
  tasks: Pick<Tasks, "events">,
  principal: Principal,
  task: Task,
  timedOut: TimedOut,
): AsyncGenerator<RunEvent> {
  const reader = new RunEvents(task, timedOut);
  for await (const event of logSoFar(tasks, principal, task)) yield* await toldInTurns(() => reader.read(event));
}

/** Where a stream begins: with the run, or with the message by which it was told to go on. */
export type Since = { messageId: string } | null;

/** The events from there on, in batches, live to where a stream ends, or until `signal` fires. */
export async function* liveEvents(
  tasks: Pick<Tasks, "follow">,
  principal: Principal,
  task: Task,
  { since, timedOut, signal }: { since: Since; timedOut: TimedOut; signal: AbortSignal },
): AsyncGenerator<RunEvent[]> {
  const reader = new RunEvents(task, timedOut);
  let hasBegun = since === null;
  for await (const batch of tasks.follow(principal, task.id, 0, signal)) {
    const told: RunEvent[] = [];
    for (const event of batch) {
      const read = await toldInTurns(() => reader.read(event));
      hasBegun ||= since !== null && isMessage(event, since.messageId);
      if (hasBegun) told.push(...read);
    }
    const end = told.findIndex(endsStream);
    if (told.length > 0) yield end === -1 ? told : told.slice(0, end + 1);
    if (end !== -1) return;
  }
}

function isMessage(event: TaskEvent, messageId: string): boolean {
  return !event.custom && event.type === "task.input_received" && event.data.messageId === messageId;
}

/** The message in which a run that has ended tells what came of it; null while it has not, and where nothing did. */
export async function answerWithSteps(
  tasks: Pick<Tasks, "events">,
  principal: Principal,
  task: Task,
): Promise<ThreadMessage | null> {
  const { steps, parent } = await wayTo(tasks, principal, task);
  return await toldInTurns(() => answerOf(task, steps, parent));
}

/** What a task did on the way to its answer, and which message it answers. */
export async function wayTo(
  tasks: Pick<Tasks, "events">,
  principal: Principal,
  task: Task,
): Promise<{ steps: readonly StepDetails[]; parent: string }> {
  if (!hasMoreToTell(task)) return { steps: [], parent: queryIdOf(task.id) };
  const reader = new RunEvents(task, "expired");
  let left = STEP_EVENTS_MAX;
  for await (const event of logSoFar(tasks, principal, task)) {
    // The end is no step of its own.
    if (TERMINAL_EVENTS.has(event.type)) break;
    await toldInTurns(() => reader.read(event));
    left -= 1;
    if (left === 0) break;
  }
  return reader;
}

/** Most answers come without a tool and at once: then there is nothing about them in the log that is not in the task. */
function hasMoreToTell(task: Task): boolean {
  if (task.state !== "completed") return false;
  const output = agentOutputOf(task.output);
  return output === null || output.toolCalls > 0 || task.attempt > 1;
}

export async function* logSoFar(
  tasks: Pick<Tasks, "events">,
  principal: Principal,
  task: Task,
): AsyncGenerator<TaskEvent> {
  let read = 0;
  while (read < task.lastSeq) {
    const page = await tasks.events(principal, task.id, read, PAGE_LIMIT_MAX);
    const last = page.at(-1);
    if (!last) return;
    yield* page;
    read = last.seq;
  }
}
