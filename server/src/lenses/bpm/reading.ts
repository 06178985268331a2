/** Facts about a task beside the task itself: its expanded fields, and the caller's possible acts. */
import type { Json } from "../../task/json/json.ts";
import { isTerminal } from "../../task/states.ts";
import type { Task } from "../../task/task.ts";
import { toldInTurns } from "../body/json-body.ts";
import { type Caller, numberOf } from "./caller.ts";
import { attachmentsOf, collapsed, commentsOf, historyOf, payloadOf } from "./containers.ts";
import type { Field } from "./links.ts";
import { askedMessage, type Thread } from "./parts.ts";
import type { TaskAnswer, WireAction, WireMessage } from "./schema.ts";
import { readComments, readConversation, readHistory } from "./task-log.ts";
import { ACTION_OF, outcomeWord } from "./vocabulary.ts";

type Fields = Pick<TaskAnswer["metadata"], "comments" | "attachments" | "history"> & {
  payload: Json;
  /** Messages in the task, oldest first; none unless its history is expanded. */
  messages: WireMessage[];
};

/** Throws `not_found`. */
export async function expandedFields(
  caller: Caller,
  task: Task,
  expand: ReadonlySet<Field>,
  thread: Thread,
): Promise<Fields> {
  const { links, principal, verbs } = caller;
  const number = numberOf(task);
  const hasHistory = expand.has("history");
  return {
    comments: expand.has("comments")
      ? commentsOf(links, task, await readComments(caller, task))
      : collapsed(links, number, "comments"),
    attachments: expand.has("attachments")
      ? attachmentsOf(caller, task, await verbs.human.attachments(principal, task.id))
      : collapsed(links, number, "attachments"),
    history: hasHistory ? historyOf(links, task, await readHistory(caller, task)) : collapsed(links, number, "history"),
    payload: expand.has("payload") ? payloadOf(task) : collapsed(links, number, "payload"),
    messages: hasHistory
      ? [await toldInTurns(() => askedMessage(thread, task)), ...(await readConversation(caller, task, thread))]
      : [],
  };
}

/** The caller's possible acts on the task as it is, in the order of the wire: decisions first. */
export function allowedActions({ principal, verbs }: Caller, task: Task): WireAction[] {
  const allowed = verbs.human.allowed(principal, task);
  const decisions = allowed.flatMap(({ outcome, title }): WireAction[] =>
    outcome === null ? [] : [{ actionId: outcomeWord(outcome), actionType: "Custom", title }],
  );
  const others = allowed.flatMap(({ act, title }): WireAction[] =>
    act === "decide" ? [] : [{ actionId: ACTION_OF[act], actionType: "System", title }],
  );
  return task.assignment === null ? [...decisions, ...steeringActions(task)] : [...decisions, ...others];
}

/** For a task that asks nobody. */
function steeringActions({ state }: Task): WireAction[] {
  const named = (actionId: string, title: string): WireAction => ({ actionId, actionType: "System", title });
  if (isTerminal(state)) return [named("PURGE", "Purge")];
  return [state === "paused" ? named("RESUME", "Resume") : named("SUSPEND", "Suspend"), named("WITHDRAW", "Withdraw")];
}
