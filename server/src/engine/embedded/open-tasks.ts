/** What memory holds of every open task: its entry, when time moves it next, and whose end it waits for. */
import type { TaskId } from "../../task/id.ts";
import type { Clock } from "../clock.ts";
import { type Entry, isReady } from "./entry.ts";
import { Timers } from "./timers.ts";

/** Whoever acts when the time of a task has come. */
export interface TimeObserver {
  /** A timer, a retry, a question's deadline, a lease or a submit delay is over. */
  due(id: TaskId): void;
  /** The deadline of the whole task has passed. */
  expired(id: TaskId): void;
}

export class OpenTasks {
  readonly #clock: Clock;
  readonly #entries = new Map<TaskId, Entry>();
  /** Child -> the parent that waits for its end. */
  readonly #parents = new Map<TaskId, TaskId>();
  readonly #due: Timers;
  readonly #deadlines: Timers;

  constructor(clock: Clock, observer: TimeObserver) {
    this.#clock = clock;
    this.#due = new Timers(clock, (id) => observer.due(id));
    this.#deadlines = new Timers(clock, (id) => observer.expired(id));
  }

  get size(): number {
    return this.#entries.size;
  }

  get(id: TaskId): Entry | undefined {
    return this.#entries.get(id);
  }

  has(id: TaskId): boolean {
    return this.#entries.has(id);
  }

  inState(state: Entry["state"]): Entry[] {
    return [...this.#entries.values()].filter((entry) => entry.state === state);
  }

  /** The parent that waits for the end of this task. */
  parentOf(child: TaskId): TaskId | undefined {
    return this.#parents.get(child);
  }

  /** Parents whose child has ended while nobody was there to tell them. */
  untoldParents(): { child: TaskId; parent: TaskId }[] {
    return [...this.#parents].flatMap(([child, parent]) => (this.#entries.has(child) ? [] : [{ child, parent }]));
  }

  remember(entry: Entry): void {
    const before = this.#entries.get(entry.id);
    for (const child of before?.awaits ?? []) if (!entry.awaits.includes(child)) this.#parents.delete(child);
    for (const child of entry.awaits) this.#parents.set(child, entry.id);
    this.#entries.set(entry.id, entry);
    this.#due.set(entry.id, this.isReady(entry) ? null : entry.dueAt);
    this.#deadlines.set(entry.id, entry.deadlineAt);
  }

  forget(id: TaskId): void {
    for (const child of this.#entries.get(id)?.awaits ?? []) this.#parents.delete(child);
    this.#entries.delete(id);
    this.#due.set(id, null);
    this.#deadlines.set(id, null);
  }

  isReady(entry: Entry): boolean {
    return isReady(entry, this.#clock.now());
  }

  stop(): void {
    this.#due.stop();
    this.#deadlines.stop();
  }
}
