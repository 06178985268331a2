/**
 * Watches the order of conversations from outside, by what is committed: who waits for its turn begins when all before it
 * have ended, who wants to be alone is made when nobody is open, and whom a later task interrupts is cancelled by it.
 */
import type { Write } from "../../src/store/store.ts";
import type { Refusal } from "../../src/task/errors.ts";
import type { Task } from "../../src/task/task.ts";
import type { Checker } from "./checker.ts";

/** What the monitor asks of its world: tasks as their last commit has left them, and who hears of a cancel. */
type Known = { known: ReadonlyMap<string, Task>; cancels: (id: string) => void };

export class OrderMonitor {
  /** Tasks that were open when a later one that interrupts was made. */
  readonly interrupted = new Set<string>();
  readonly #checker: Checker;
  readonly #world: Known;
  /** Tasks that have begun. */
  readonly #begun = new Set<string>();
  readonly #made = new Set<string>();

  constructor(checker: Checker, world: Known) {
    this.#checker = checker;
    this.#world = world;
  }

  /** Of one commit, whose tasks are known by now. */
  committed(writes: readonly Write[]): void {
    for (const { task } of writes) {
      const strategy = task.conversation === null ? null : task.multitaskStrategy;
      if (!this.#made.has(task.id)) {
        this.#made.add(task.id);
        if (strategy === "reject") this.#expectNobody(task, "was made");
        if (strategy === "interrupt") this.#interrupts(task);
      }
      if (task.startedAt === null || this.#begun.has(task.id)) continue;
      this.#begun.add(task.id);
      if (strategy !== null) this.#expectNobody(task, "began");
    }
  }

  /** A submit was refused, since another task is open: that one is of the caller's, and of the conversation. */
  refused({ detail, message }: Refusal): void {
    const id = String(Reflect.get(detail, "task"));
    const task = this.#world.known.get(id);
    this.#checker.check(task?.conversation !== undefined, () => `A submit was refused for ${id}: ${message}`);
  }

  #interrupts(task: Task): void {
    for (const { id } of this.#openBefore(task)) {
      this.interrupted.add(id);
      this.#world.cancels(id);
    }
  }

  #expectNobody(task: Task, what: string): void {
    const before = this.#openBefore(task).map(({ id, state }) => `${id} (${state})`);
    this.#checker.check(
      before.length === 0,
      () => `${task.id} (${task.multitaskStrategy}) ${what} in its conversation before the end of ${before}.`,
    );
  }

  #openBefore({ id, number, conversation }: Task): Task[] {
    return [...this.#world.known.values()].filter(
      (other) =>
        other.id !== id && other.conversation === conversation && other.number < number && other.endedAt === null,
    );
  }
}
