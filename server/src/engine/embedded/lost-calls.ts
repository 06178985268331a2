/** Counts the calls that a process has died in for tasks that end before they have gone on. */
import type { Store } from "../../store/store.ts";
import type { TaskId } from "../../task/id.ts";
import { isTerminal } from "../../task/states.ts";
import type { Task } from "../../task/task.ts";
import { lostCalls, paidInAnotherLife } from "../execution/paying.ts";
import type { Transitions } from "../transitions.ts";
import type { Runner } from "./runner.ts";
import { saidOf } from "./said-bytes.ts";
import type { WaitCompletion } from "./wait-completion.ts";

type Parts = {
  store: Pick<Store, "journal" | "events">;
  transitions: Pick<Transitions, "change">;
  waits: Pick<WaitCompletion, "watch">;
  runner: Pick<Runner, "has" | "isApart">;
  life: string;
};

export class LostCalls {
  readonly #parts: Parts;
  /** One journal is read at a time: thousands of a tree may end at once. */
  #turn: Promise<void> = Promise.resolve();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * A run that completes has counted its calls, and one in a process of its own, whose life is another than this one, counts them
   * itself. Who fails may be one that has crashed its process too often, and has no run; one whose first attempt is a run of this
   * process has paid nothing in another life. Each call counts once, by its key.
   */
  ended(task: Task, command: string): void {
    const { runner, waits } = this.#parts;
    const { id, attempt, lastSeq, startedAt, state } = task;
    const isByItself = command === "complete" || command === "reject" || runner.isApart(id);
    if (isByItself || !isTerminal(state) || startedAt === null || (attempt === 1 && runner.has(id))) return;
    waits.watch("Calls that a process died in were not counted.", id, () => {
      const counted = this.#turn.then(() => this.#count(id, lastSeq));
      this.#turn = counted.catch(() => {});
      return counted;
    });
  }

  async #count(id: TaskId, lastSeq: number): Promise<void> {
    const { store, transitions, life } = this.#parts;
    for (const entry of await store.journal(id)) {
      const paying = paidInAnotherLife(entry, life);
      if (paying === null) continue;
      const said = () => saidOf(entry.name, lastSeq, (after, limit) => store.events(id, after, limit));
      await transitions.change(id, { do: "bill", calls: await lostCalls(paying, said) });
    }
  }
}
