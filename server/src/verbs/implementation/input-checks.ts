/** What an input must not be: an answer that no question takes any more, or another one under a known message id. */
import { isDeepStrictEqual } from "node:util";
import type { InboxItem, Store } from "../../store/store.ts";
import { Refusal } from "../../task/errors.ts";
import { openQuestions } from "../../task/questions.ts";
import type { InputSubmission } from "../../task/submission.ts";
import type { Task } from "../../task/task.ts";

/**
 * A named input without its question waits for one that the task is yet to ask. Throws `not_allowed_in_state` when that
 * was asked before, or while the task asks others.
 */
export async function mustBeYetToCome(task: Task, name: string, store: Pick<Store, "hasAsked">): Promise<void> {
  const { id, state } = task;
  const open = openQuestions(task).map(({ prompt }) => `"${prompt.name}"`);
  if (open.length > 0)
    throw new Refusal("not_allowed_in_state", `The task asks ${open.join(", ")}, not "${name}".`, { state });
  if (await store.hasAsked(id, name))
    throw new Refusal("not_allowed_in_state", `The question "${name}" is not open any more.`, { state });
}

/** Throws `conflict` when `known`, which came under the same message id, was another input. */
export function mustBeSameInput(known: InboxItem | null, { prompt, value }: InputSubmission): void {
  if (known && known.prompt === (prompt ?? null) && isDeepStrictEqual(known.value, value)) return;
  throw new Refusal("conflict", "Another input came under this message id. Use a new one.", { field: "message_id" });
}
