/** What the log of a task says to people: who did what and when, and what was said of it. */
import { messageIdInTask } from "../../task/conversation.ts";
import type { TaskEvent } from "../../task/events/event.ts";
import type { Principal } from "../../task/principal.ts";
import type { Task } from "../../task/task.ts";
import type { Verbs } from "../../verbs/verbs.ts";
import { type Thread, wireMessage } from "./parts.ts";
import type { WireComment, WireHistoryEntry, WireMessage } from "./schema.ts";
import { worklistTime } from "./times.ts";
import { ACTION_OF, outcomeWord } from "./vocabulary.ts";

/** Events that are looked at, the oldest first: those of people come seldom, and a log may be a million of others. */
const EVENTS_MAX = 20_000;
const PAGE = 1_000;
/** Whoever did it was no person. */
const SYSTEM = "system";

export type TaskLog = { comments: WireComment[]; history: WireHistoryEntry[]; messages: WireMessage[] };

/** Throws `not_found`. */
export async function readLog(verbs: Verbs, principal: Principal, task: Task, thread: Thread): Promise<TaskLog> {
  const log: TaskLog = { comments: [], history: [], messages: [] };
  let after = 0;
  for (let seen = 0; seen < EVENTS_MAX; ) {
    const events = await verbs.tasks.events(principal, task.id, after, PAGE);
    for (const event of events) read(event, task, thread, log);
    const last = events.at(-1);
    if (last === undefined) break;
    after = last.seq;
    seen += events.length;
  }
  return log;
}

function read(event: TaskEvent, task: Task, thread: Thread, log: TaskLog): void {
  if (event.custom) return;
  const { at, seq } = event;
  const did = (actionName: string, userId: string, state: string, more: Partial<WireHistoryEntry> = {}) =>
    log.history.push({ actionName, displayName: userId, userId, state, updatedDate: worklistTime(at), ...more });
  const said = (by: string, text: string, scope: string) =>
    log.comments.push({
      commentStr: text,
      updatedBy: by,
      userId: by,
      updatedDate: worklistTime(at),
      commentScope: scopeWord(scope),
    });
  switch (event.type) {
    case "task.submitted":
      did("SUBMIT", task.user, "ASSIGNED");
      break;
    case "task.started":
      if (event.data.cause === "first") did("START", event.data.worker ?? SYSTEM, "ASSIGNED");
      break;
    case "task.input_required": {
      const { name, asks, text, schema } = event.data.prompt;
      did("ASK", SYSTEM, asks === "authorization" ? "ALERTED" : "ASSIGNED", { reason: text });
      const form = schema && { data: schema, name: "schema", mediaType: "application/schema+json" };
      const parts = [{ text }, ...(form ? [form] : [])];
      const id = messageIdInTask(task.id, seq);
      log.messages.push(wireMessage(thread, { id, role: "agent", parts, metadata: { prompt: name, asks } }));
      break;
    }
    case "task.input_received":
      did("ANSWER", event.data.by, "ASSIGNED");
      break;
    case "task.pausing":
      did("SUSPEND", event.data.by, "SUSPENDED", because(event.data.reason));
      break;
    case "task.resumed":
      did("RESUME", event.data.by, "ASSIGNED");
      break;
    case "task.completed":
      did("COMPLETE", SYSTEM, "COMPLETED");
      break;
    case "task.failed":
    case "task.rejected":
      did("ERROR", SYSTEM, "ERRORED", because(event.data.error.message));
      break;
    case "task.timed_out":
      did("EXPIRE", SYSTEM, "EXPIRED", because(event.data.error.message));
      break;
    case "task.cancelled":
      did("WITHDRAW", event.data.by, "WITHDRAWN", because(event.data.reason));
      break;
    case "human.acted": {
      const { act, by, state, outcome, comment, scope } = event.data;
      const action = actionWord(act, outcome);
      did(action, by, stateWord(state), because(comment ?? ""));
      if (comment !== null && comment !== "") said(by, comment, scope);
      if (act !== "decide") break;
      const parts = [{ text: comment === null || comment === "" ? action : `${action}: ${comment}` }];
      log.messages.push(wireMessage(thread, { id: messageIdInTask(task.id, seq), role: "user", parts }));
      break;
    }
    case "human.overdue":
      did("OVERDUE", SYSTEM, "ASSIGNED");
      break;
    case "human.commented":
      did("COMMENT", event.data.by, "ASSIGNED");
      said(event.data.by, event.data.text, event.data.scope);
      break;
    case "human.attached":
      did("ATTACH", event.data.by, "ASSIGNED", { reason: event.data.name });
      break;
    case "human.detached":
      did("DETACH", event.data.by, "ASSIGNED", { reason: event.data.name });
      break;
    default:
  }
}

function because(reason: string): Partial<WireHistoryEntry> {
  return reason === "" ? {} : { reason };
}

/** The word for an act of people; a decision is called by what was decided. */
function actionWord(act: string, outcome: string | null): string {
  if (act === "decide") return outcomeWord(outcome ?? "ANSWER");
  const words: Readonly<Record<string, string>> = ACTION_OF;
  return words[act] ?? act.toUpperCase();
}

const STATE_WORDS: Readonly<Record<string, string>> = {
  assigned: "ASSIGNED",
  voting: "OUTCOME_UPDATED",
  information: "INFO_REQUESTED",
  closed: "COMPLETED",
  deleted: "DELETED",
};

function stateWord(state: string): string {
  return STATE_WORDS[state] ?? state.toUpperCase();
}

export function scopeWord(scope: string): "TASK" | "BPM" {
  return scope === "process" ? "BPM" : "TASK";
}
