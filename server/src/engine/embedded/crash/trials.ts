/**
 * Suspects where they can have no process of their own: they go on in this one, a group after the other, so that a death
 * names the group that ran. A group has had its trial when each of it has come further or to rest, or when its time is
 * over; who is alone in a group waits for a quiet moment first, so that a storm of kills does not hit it by chance.
 */
import type { TaskId } from "../../../task/id.ts";
import type { Task } from "../../../task/task.ts";
import type { Clock } from "../../clock.ts";
import type { OpenTasks } from "../open-tasks.ts";
import type { Scheduler } from "../scheduler.ts";
import { aloneOf, isSuspect } from "./crash-verdict.ts";

const QUIET_MS = 1_000;
const QUIET_FACTOR = 4;

type Parts = { clock: Clock; open: OpenTasks; scheduler: Scheduler };
type Trial = { tasks: Set<TaskId>; over: () => void };

export class Trials {
  readonly #parts: Parts;
  /** When each goes on at the latest, for those that are held back. */
  readonly #held = new Map<TaskId, number>();
  #trial: Trial | null = null;
  #forget: () => void = () => {};
  #stopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** When a task that is held back goes on at the latest; undefined for all others. */
  turnOf(task: TaskId): number | undefined {
    return this.#held.get(task);
  }

  /** Gives each group its trial of at most `windowMs`. `crashesOf` says what each carries. Resolves when all have begun. */
  async hold(groups: readonly TaskId[][], crashesOf: (task: TaskId) => number, windowMs: number): Promise<void> {
    let at = this.#parts.clock.now();
    const turns = groups.map((tasks) => {
      const [first] = tasks;
      const quietMs =
        tasks.length === 1 && first !== undefined ? QUIET_MS * QUIET_FACTOR ** aloneOf(crashesOf(first)).times : 0;
      at += quietMs;
      for (const task of tasks) this.#held.set(task, at);
      at += windowMs;
      return { tasks, quietMs };
    });
    for (const { tasks, quietMs } of turns) {
      if (quietMs > 0) await this.#wait(quietMs);
      if (this.#stopped) return;
      await this.#try(tasks, windowMs);
    }
  }

  /** A task has changed. */
  changed(task: Task): void {
    if (!this.#trial?.tasks.has(task.id) || (task.state === "running" && isSuspect(task.crashes))) return;
    this.#trial.tasks.delete(task.id);
    if (this.#trial.tasks.size === 0) this.#trial.over();
  }

  stop(): void {
    this.#stopped = true;
    this.#forget();
    this.#trial?.over();
  }

  /** Nothing to do for one that was cancelled or paused meanwhile. */
  async #try(group: readonly TaskId[], windowMs: number): Promise<void> {
    const { open, scheduler } = this.#parts;
    const entries = group.flatMap((id) => {
      this.#held.delete(id);
      const entry = open.get(id);
      return entry?.state === "running" && !scheduler.holdsSlot(id) ? [entry] : [];
    });
    if (entries.length === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#trial = { tasks: new Set(entries.map(({ id }) => id)), over: resolve };
    for (const entry of entries) scheduler.offer(entry);
    await Promise.race([promise, this.#wait(windowMs)]);
    this.#trial = null;
  }

  #wait(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#forget = this.#parts.clock.after(ms, resolve);
    return promise;
  }
}
