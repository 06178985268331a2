/** What has to be read of a task beside the task itself: the fields that are expanded, and what its caller may do. */
import { refusalOf } from "../../task/human-acts.ts";
import type { Json } from "../../task/json.ts";
import type { Task } from "../../task/task.ts";
import type { Caller } from "./caller.ts";
import { attachmentsOf, collapsed, commentsOf, historyOf, payloadOf } from "./containers.ts";
import type { Field } from "./links.ts";
import { askedMessage, type Thread } from "./parts.ts";
import type { TaskAnswer, WireAction, WireMessage } from "./schema.ts";
import { readLog } from "./task-log.ts";
import { ACTION_OF, outcomeWord } from "./vocabulary.ts";

type Fields = Pick<TaskAnswer["metadata"], "comments" | "attachments" | "history"> & {
  payload: Json;
  /** What was said in the task, oldest first; none unless its history is expanded. */
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
  const { number } = task;
  const log = expand.has("comments") || expand.has("history") ? await readLog(verbs, principal, task, thread) : null;
  const hasHistory = log !== null && expand.has("history");
  return {
    comments:
      log !== null && expand.has("comments")
        ? commentsOf(links, task, log.comments)
        : collapsed(links, number, "comments"),
    attachments: expand.has("attachments") ? attachmentsOf(links, task, []) : collapsed(links, number, "attachments"),
    history: hasHistory ? historyOf(links, task, log.history) : collapsed(links, number, "history"),
    payload: expand.has("payload") ? payloadOf(task) : collapsed(links, number, "payload"),
    messages: hasHistory ? [askedMessage(thread, task), ...log.messages] : [],
  };
}

/** What the caller may do with the task as it is, in the order of the wire. */
export function allowedActions({ principal }: Caller, task: Task): WireAction[] {
  const actor = { user: principal.user, looksAfterAll: principal.scopes.has("tasks:all") };
  const outcomes = refusalOf(task, actor, "decide") === undefined ? (task.assignment?.outcomes ?? []) : [];
  const custom = outcomes.map(({ id, title }) => ({ actionId: outcomeWord(id), actionType: "Custom" as const, title }));
  const acts = Object.keys(ACTION_OF) as (keyof typeof ACTION_OF)[];
  const system = acts
    .filter((act) => refusalOf(task, actor, act) === undefined)
    .map((act) => ({ actionId: ACTION_OF[act], actionType: "System" as const, title: ACTION_OF[act] }));
  return [...custom, ...system];
}
