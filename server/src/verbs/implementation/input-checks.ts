/** Refuses inputs: an answer to a question that takes none any more, or another input under a known message id. */
import { isDeepStrictEqual } from "node:util";
import type { InboxItem, Store } from "../../store/store.ts";
import { Refusal } from "../../task/errors.ts";
import type { TaskId } from "../../task/id.ts";
import { bytesOf, type Json } from "../../task/json/json.ts";
import { HUMAN_KIND } from "../../task/people/human.ts";
import { type Actor, refusalOf } from "../../task/people/human-acts.ts";
import { isMember } from "../../task/people/identity.ts";
import { type OpenQuestion, openQuestions } from "../../task/people/questions.ts";
import type { Principal } from "../../task/principal.ts";
import type { InputSubmission } from "../../task/submission.ts";
import type { Task } from "../../task/task.ts";
import { looksAfterAll, mayRead } from "../../task/visibility.ts";

/**
 * A named input without an open question waits for one that is still to be asked. Throws `not_allowed_in_state` when that was asked
 * before, or while the task asks others.
 */
export async function mustBeYetToCome(
  task: Task,
  name: string,
  store: Pick<Store, "hasAsked" | "turns">,
): Promise<void> {
  const { id, state } = task;
  const open = openQuestions(task).map(({ prompt }) => `"${prompt.name}"`);
  if (open.length > 0)
    throw new Refusal("not_allowed_in_state", `The task asks ${open.join(", ")}, not "${name}".`, { state });
  if ((await store.hasAsked(id, name)) || (await hasRelayed(id, name, store)))
    throw new Refusal("not_allowed_in_state", `The question "${name}" is not open any more.`, { state });
}

/** Whether the task has asked it for a child: its own journal knows nothing of that. */
async function hasRelayed(id: TaskId, name: string, store: Pick<Store, "turns">): Promise<boolean> {
  const turns = await store.turns(id);
  return turns.some((turn) => !turn.custom && turn.type === "task.input_required" && turn.data.prompt.name === name);
}

/**
 * Who may answer: the task's own user and principals who see all tasks, unless the question names others; and those who are to act on
 * it. An input without a question may come from its own user only. Throws `forbidden`, and the reason that keeps an assignee from
 * acting.
 */
export function mustBeAsked(principal: Principal, task: Task, question: OpenQuestion | undefined): void {
  // For a task of people, its rules say who decides.
  if (question && task.kind === HUMAN_KIND) return;
  if (mayRead(principal, task) && question?.prompt.candidates === undefined) return;
  const isAssigned = question !== undefined && task.assignment?.question === question.key;
  const refused = isAssigned ? refusalOf(task, actorOf(principal), "decide") : undefined;
  if (refused) throw refused;
  const isCandidate = question?.prompt.candidates?.some((identity) => isMember(principal, identity)) ?? false;
  if (isAssigned || isCandidate) return;
  throw new Refusal("forbidden", "This question is for others to answer.");
}

/** A person who acts on an assignment. */
export function actorOf(principal: Principal): Actor {
  const { user, groups = [], roles = [] } = principal;
  return { user, groups, roles, looksAfterAll: looksAfterAll(principal) };
}

/** Items that wait in a task's inbox. */
export const INBOX_ITEMS_MAX = 1_000;
export const INBOX_BYTES_MAX = 8 << 20;
const RETRY_AFTER_S = 60;

/**
 * An input that answers no open question waits, possibly for ever, as its handler may never ask. Throws `rate_limited` when too much
 * waits; the answer to an open question is always taken.
 */
export async function mustHaveRoom(id: TaskId, value: Json, store: Pick<Store, "inboxSize">): Promise<void> {
  const { items, bytes } = await store.inboxSize(id);
  if (items < INBOX_ITEMS_MAX && bytes + bytesOf(value) <= INBOX_BYTES_MAX) return;
  throw new Refusal(
    "rate_limited",
    `The task has not taken its last ${items} inputs of ${bytes} bytes yet, and takes no more until it has.`,
    { retryAfterS: RETRY_AFTER_S },
  );
}

/** Throws `conflict` when `known`, which has the same message id, was another input. */
export function mustBeSameInput(known: InboxItem | null, { prompt, value }: InputSubmission): void {
  if (known && known.prompt === (prompt ?? null) && isDeepStrictEqual(known.value, value)) return;
  throw new Refusal("conflict", "Another input came under this message id. Use a new one.", { field: "message_id" });
}
