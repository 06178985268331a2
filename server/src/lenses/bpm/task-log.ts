/** The log of a task for people: who did what and when, and the comments. */
import { messageTold } from "../../task/agent/agent-message.ts";
import { messageIdInTask } from "../../task/conversation.ts";
import type { TaskEvent } from "../../task/events/event.ts";
import { pausingText } from "../../task/pause.ts";
import type { Comment, HistoryEntry } from "../../task/people/human.ts";
import type { Identity } from "../../task/people/identity.ts";
import type { Prompt, Task } from "../../task/task.ts";
import { toldInTurns } from "../body/json-body.ts";
import { type Caller, numberOf } from "./caller.ts";
import { type Thread, wireMessage } from "./parts.ts";
import type { WireComment, WireHistoryEntry, WireMessage } from "./schema.ts";
import { worklistTime } from "./times.ts";
import { ACTION_OF, outcomeWord } from "./vocabulary.ts";

/**
 * Events that are read, the oldest first: acts of people are rare, and a log may have a million other events. Later acts and questions
 * are looked up by themselves.
 */
const EVENTS_MAX = 20_000;
const PAGE = 1_000;
/** Entries for the submit of a task of people, and for its question. */
const BEGINNING = 2;
/** The actor of an event that is no person. */
const SYSTEM = "system";

type Entry = { actionName: string; by: string; at: number; state: string } & Partial<WireHistoryEntry>;

/** The acts of people and their effects, including those before renewals. Throws `not_found`. */
export async function readHistory(caller: Caller, task: Task): Promise<WireHistoryEntry[]> {
  const history: Entry[] = [];
  for (const life of await caller.lives(task)) {
    // The end of the task before it tells how it begins.
    const begun = life.assignment?.number == null ? 0 : BEGINNING;
    history.push(...(await historyOf(caller, life)).slice(begun));
    const { renewed } = life.assignment ?? {};
    if (renewed) history.push({ actionName: ACTION_OF.renew, by: renewed.by, at: renewed.at, state: "ASSIGNED" });
  }
  return history.map(({ actionName, by, at, state, ...more }) => {
    return { actionName, displayName: caller.nameOf(by), userId: by, state, updatedDate: worklistTime(at), ...more };
  });
}

async function historyOf(caller: Caller, task: Task): Promise<Entry[]> {
  const { verbs, principal } = caller;
  const history: Entry[] = [];
  let after = 0;
  for (let seen = 0; ; ) {
    const events = await verbs.tasks.events(principal, task.id, after, PAGE);
    for (const event of events) history.push(...entriesOf(event, task, caller));
    const last = events.at(-1);
    if (last === undefined) break;
    after = last.seq;
    seen += events.length;
    if (seen >= EVENTS_MAX) {
      history.push(...(await doneLater(caller, task, after)));
      break;
    }
  }
  return history;
}

/** Acts and questions after an event of the log, and the end of the task. */
async function doneLater(caller: Caller, task: Task, after: number): Promise<Entry[]> {
  const { verbs, principal } = caller;
  const found: { seq: number; entry: Entry }[] = [];
  for (let cursor: string | null = String(after); cursor !== null; ) {
    const { entries, next }: { entries: HistoryEntry[]; next: string | null } = await verbs.human.history(
      principal,
      task.id,
      cursor,
    );
    found.push(...entries.map((entry) => ({ seq: entry.seq, entry: laterEntry(entry) })));
    cursor = next;
  }
  for (const { seq, at, asked } of await verbs.tasks.turns(principal, task.id))
    if (asked && seq > after) found.push({ seq, entry: askedEntry(asked, at) });
  const [end] = task.endedAt === null ? [] : await verbs.tasks.events(principal, task.id, task.lastSeq - 1, 1);
  const told = found.sort((one, other) => one.seq - other.seq).map(({ entry }) => entry);
  return [...told, ...(end && task.lastSeq > after ? entriesOf(end, task, caller) : [])];
}

function askedEntry({ asks, text }: Pick<Prompt, "asks" | "text">, at: number): Entry {
  return { actionName: "ASK", by: SYSTEM, at, state: asks === "authorization" ? "ALERTED" : "ASSIGNED", reason: text };
}

function laterEntry({ act, by, at, state, outcome, comment, to }: HistoryEntry): Entry {
  const did = { by: by === "" ? SYSTEM : by, at, state: stateWord(state) };
  if (act === "decide") return { ...did, actionName: actionWord(act, outcome), ...because(comment ?? "") };
  return { ...did, actionName: actionWord(act, null), ...because(comment ?? ""), ...informing(act, to) };
}

/** All comments, those of acts too, including those before renewals. Throws `not_found`. */
export async function readComments(caller: Caller, task: Task): Promise<WireComment[]> {
  const { verbs, principal } = caller;
  const found: Comment[] = [];
  for (const { id } of await caller.lives(task)) {
    for (let cursor: string | undefined; ; ) {
      const { comments, next } = await verbs.human.comments(principal, id, cursor);
      found.push(...comments);
      if (next === null) break;
      cursor = next;
    }
  }
  return found
    .filter(({ text }) => text !== "")
    .map(({ by, text, at, scope }) => {
      const updatedDate = worklistTime(at);
      return {
        commentStr: text,
        updatedBy: caller.nameOf(by),
        userId: by,
        updatedDate,
        commentScope: scopeWord(scope),
      };
    });
}

/** The task's questions to people and its inputs, oldest first; a decision by its word. Throws `not_found`. */
export async function readConversation(
  { verbs, principal }: Caller,
  task: Task,
  thread: Thread,
): Promise<WireMessage[]> {
  const said: { seq: number; message: WireMessage }[] = [];
  const decided = new Set<number>();
  for (let cursor: string | undefined; ; ) {
    const { entries, next } = await verbs.human.history(principal, task.id, cursor);
    for (const { act, seq, outcome, comment } of entries) {
      if (act !== "decide") continue;
      decided.add(seq);
      const action = actionWord(act, outcome);
      const parts = [{ text: comment === null || comment === "" ? action : `${action}: ${comment}` }];
      const message = wireMessage(thread, { id: messageIdInTask(task.id, seq), role: "user", parts });
      said.push({ seq, message });
    }
    if (next === null) break;
    cursor = next;
  }
  for (const { seq, ...turn } of await verbs.tasks.turns(principal, task.id)) {
    // The answer that came with a decision is not a second entry.
    if (turn.asked === undefined && decided.has(seq - 1)) continue;
    const message = turn.asked ? asking(thread, task, seq, turn.asked) : await toldInTurns(() => telling(thread, turn));
    said.push({ seq, message });
  }
  return said.sort((one, other) => one.seq - other.seq).map(({ message }) => message);
}

type Turn = Awaited<ReturnType<Caller["verbs"]["tasks"]["turns"]>>[number];

function asking(thread: Thread, { id }: Task, seq: number, prompt: NonNullable<Turn["asked"]>): WireMessage {
  const { name, asks, text, schema } = prompt;
  const form = schema && { data: schema, name: "schema", mediaType: "application/schema+json" };
  const parts = [{ text }, ...(form ? [form] : [])];
  return wireMessage(thread, { id: messageIdInTask(id, seq), role: "agent", parts, metadata: { prompt: name, asks } });
}

function telling(thread: Thread, { messageId, told }: Omit<Extract<Turn, { messageId: string }>, "seq">): WireMessage {
  return wireMessage(thread, { id: messageId, role: "user", parts: messageTold(told).parts });
}

function entriesOf(event: TaskEvent, task: Task, { links }: Caller): Entry[] {
  if (event.custom) return [];
  const { at } = event;
  const did = (actionName: string, by: string, state: string, more: Partial<WireHistoryEntry> = {}): Entry[] => [
    { actionName, by, at, state, ...more },
  ];
  switch (event.type) {
    case "task.submitted":
      return did("SUBMIT", task.user, "ASSIGNED");
    case "task.started":
      return event.data.cause === "first" ? did("START", event.data.worker ?? SYSTEM, "ASSIGNED") : [];
    case "task.input_required":
      return [askedEntry(event.data.prompt, at)];
    case "task.input_received":
      return did("ANSWER", event.data.by, "ASSIGNED");
    case "task.pausing":
      return did("SUSPEND", event.data.by, "SUSPENDED", because(pausingText(event.data.reason, event.data.running)));
    case "task.resumed":
      return did("RESUME", event.data.by, "ASSIGNED");
    case "task.completed":
      return did("COMPLETE", SYSTEM, "COMPLETED");
    case "task.failed":
    case "task.rejected":
      return did("ERROR", SYSTEM, "ERRORED", because(event.data.error.message));
    case "task.timed_out":
      return did("EXPIRE", SYSTEM, "EXPIRED", because(event.data.error.message));
    case "task.cancelled":
      return did("WITHDRAW", event.data.by, "WITHDRAWN", because(event.data.reason));
    case "human.acted": {
      const { act, by, state, outcome, comment, to } = event.data;
      return did(actionWord(act, outcome), by, stateWord(state), { ...because(comment ?? ""), ...informing(act, to) });
    }
    case "human.overdue":
      return did("OVERDUE", SYSTEM, "ASSIGNED");
    case "human.commented":
      return did("COMMENT", event.data.by, "ASSIGNED", because(event.data.text));
    case "human.attached": {
      const attachmentUri = links.attachment("self", numberOf(task), event.data.name).href;
      return did("ATTACH", event.data.by, "ASSIGNED", { reason: event.data.name, attachmentUri });
    }
    case "human.detached":
      return did("DETACH", event.data.by, "ASSIGNED", { reason: event.data.name });
    default:
      return [];
  }
}

/** Whom somebody asked for information, and who was given it. */
function informing(act: string, to: readonly Identity[]): Partial<WireHistoryEntry> {
  const whom = to.map(({ id }) => id).join(", ");
  if (act === "request_information") return { infoRequestedFrom: whom };
  return act === "submit_information" ? { infoSubmittedTo: whom } : {};
}

function because(reason: string): Partial<WireHistoryEntry> {
  return reason === "" ? {} : { reason };
}

/** The word for an act of people; a decision is called by its outcome. */
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
