/** Counts the calls that a process has died in for tasks that end before they have gone on. */
import type { Store } from "../../store/store.ts";
import type { TaskId } from "../../task/id.ts";
import { isTerminal } from "../../task/states.ts";
import type { Task } from "../../task/task.ts";
import { lostCalls, paidInAnotherLife } from "../execution/paying.ts";
import type { Transitions } from "../transitions.ts";
import { saidOf } from "./said-bytes.ts";
import type { WaitCompletion } from "./wait-completion.ts";

type Parts = {
  store: Pick<Store, "journal" | "events">;
  transitions: Pick<Transitions, "change">;
  waits: Pick<WaitCompletion, "watch">;
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

  /** What has ended by its own run was counted there; each call counts once, by its key. */
  ended(task: Task, command: string): void {
    const isByItself = command === "complete" || command === "fail" || command === "reject";
    if (isByItself || !isTerminal(task.state) || task.startedAt === null || task.startedAt > this.#parts.since) return;
    const { id, lastSeq } = task;
    this.#parts.waits.watch("Calls that a process died in were not counted.", id, () => {
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
