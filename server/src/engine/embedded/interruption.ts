/**
 * The cancelling of open tasks by a new one of their conversation. The new task's row says all that it takes: it commits
 * alone, those before it follow, and a start goes on with what a crash has left.
 */

import type { Store } from "../../store/store.ts";
import type { TaskId } from "../../task/id.ts";
import type { Task } from "../../task/task.ts";
import type { Transitions } from "../transitions.ts";
import type { OpenTasks } from "./open-tasks.ts";
import type { WaitCompletion } from "./wait-completion.ts";

type Parts = {
  store: Pick<Store, "openBefore">;
  transitions: Pick<Transitions, "change">;
  open: Pick<OpenTasks, "before">;
  waits: Pick<WaitCompletion, "watch">;
};

export class Interruption {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Cancels what comes before this task in its conversation, where its strategy says so. */
  of({ id, user, multitaskStrategy, conversation, number }: Task): void {
    if (multitaskStrategy !== "interrupt" || conversation === null) return;
    const { store, transitions, open, waits } = this.#parts;
    const reason = `Interrupted by ${id}, a later task of its conversation.`;
    const here = new Set(open.before(id));
    const cancel = (before: TaskId) =>
      waits.watch("A task was not interrupted.", before, async () => {
        await transitions.change(before, { do: "cancel", by: user, reason });
      });
    for (const before of here) cancel(before);
    // Those that sleep are on disk alone.
    waits.watch("Tasks that sleep were not interrupted.", id, async () => {
      for (const before of await store.openBefore([{ conversation, number }])) if (!here.has(before)) cancel(before);
    });
  }
}
