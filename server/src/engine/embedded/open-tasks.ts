/** What memory holds of every open task: its entry, when time moves it next, and whose end it waits for. */
import type { Clock } from "../clock.ts";
import type { Entry } from "./entry.ts";
import { Timers } from "./timers.ts";

export class OpenTasks {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  /** Child -> the parent that waits for its end. */
  readonly #parents = new Map<string, string>();
  readonly #due: Timers;
  readonly #deadlines: Timers;

  /** `due` hears that time has come for a task, `expired` that its deadline has. */
  constructor(clock: Clock, due: (id: string) => void, expired: (id: string) => void) {
    this.#clock = clock;
    this.#due = new Timers(clock, due);
    this.#deadlines = new Timers(clock, expired);
  }

  get size(): number {
    return this.#entries.size;
  }

  get(id: string): Entry | undefined {
    return this.#entries.get(id);
  }

  has(id: string): boolean {
    return this.#entries.has(id);
  }

  inState(state: Entry["state"]): Entry[] {
    return [...this.#entries.values()].filter((entry) => entry.state === state);
  }

  /** The parent that waits for the end of this task. */
  parentOf(child: string): string | undefined {
    return this.#parents.get(child);
  }

  /** Parents whose child has ended while nobody was there to tell them. */
  untoldParents(): { child: string; parent: string }[] {
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

  forget(id: string): void {
    for (const child of this.#entries.get(id)?.awaits ?? []) this.#parents.delete(child);
    this.#entries.delete(id);
    this.#due.set(id, null);
    this.#deadlines.set(id, null);
  }

  /** It wants nothing but a slot. */
  isReady(entry: Entry): boolean {
    if (entry.state === "queued") return entry.dueAt === null || entry.dueAt <= this.#clock.now();
    return entry.ready;
  }

  stop(): void {
    this.#due.stop();
    this.#deadlines.stop();
  }
}
