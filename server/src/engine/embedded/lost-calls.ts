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
  runner: Pick<Runner, "isApart">;
  life: string;
  /** Of this process: what has begun after it has paid nothing in another life. */
  since: number;
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
   * itself. Who fails may be one that has crashed its process too often, and has no run. Each call counts once, by its key.
   */
  ended(task: Task, command: string): void {
    const { runner, waits, since } = this.#parts;
    const isByItself = command === "complete" || command === "reject" || runner.isApart(task.id);
    if (isByItself || !isTerminal(task.state) || task.startedAt === null || task.startedAt > since) return;
    const { id, lastSeq } = task;
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
