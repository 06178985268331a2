/** The open tasks in memory: their entries, and the moment at which time moves each next. */
import type { TaskId } from "../../task/id.ts";
import type { Clock } from "../clock.ts";
import { ConversationOrder } from "./conversation-order.ts";
import type { Entry } from "./entry.ts";
import { Timers } from "./timers.ts";

/** Called when the time of a task has come. */
export interface TimeObserver {
  /** A timer, a retry, a question's deadline, a lease or a submit delay is over. */
  due(id: TaskId): void;
  /** The deadline of the whole task has passed. */
  expired(id: TaskId): void;
}

/** The time of day counts as set forward once it is this far ahead of elapsed time. */
const LEAP_MS_MIN = 1_000;

/** How many tasks of a kind are in a state. */
export type StateCount = Pick<Entry, "kind" | "state"> & { count: number };

export class OpenTasks {
  readonly #clock: Clock;
  readonly #entries = new Map<TaskId, Entry>();
  /** Tasks that a handler of this server runs, by their rows. */
  readonly #running = new Map<TaskId, Entry>();
  readonly #order = new ConversationOrder();
  readonly #due: Timers;
  readonly #deadlines: Timers;
  /** For running tasks: the lead of the time of day over elapsed time when the deadline was set. */
  readonly #timed = new Map<TaskId, { deadlineAt: number; aheadMs: number }>();

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
    return this.#those((entry) => entry.state === state);
  }

  #those(wanted: (entry: Entry) => boolean): Entry[] {
    const those: Entry[] = [];
    for (const entry of this.#entries.values()) if (wanted(entry)) those.push(entry);
    return those;
  }

  /** How many tasks of each kind are in each state, with `others`, which are not in memory. */
  byState(others: Iterable<StateCount> = []): Iterable<StateCount> {
    const counts = new Map<string, StateCount>();
    const add = (kind: string, state: Entry["state"], count: number) => {
      const key = `${state} ${kind}`;
      const known = counts.get(key);
      if (known) known.count += count;
      else counts.set(key, { kind, state, count });
    };
    for (const { kind, state, count } of others) add(kind, state, count);
    for (const { kind, state } of this.#entries.values()) add(kind, state, 1);
    return counts.values();
  }

  /** Tasks that a handler of this server runs, by their rows; not those that another program holds under a lease. */
  running(): Entry[] {
    return [...this.#running.values()];
  }

  /** Tasks that wait for code that fits them, paused or not. */
  standing(): Entry[] {
    return this.#those((entry) => entry.standing);
  }

  /** Parents that are not in memory, of tasks that are. */
  parentsElsewhere(): TaskId[] {
    const parents = new Set<TaskId>();
    for (const { parent } of this.#entries.values())
      if (parent !== null && !this.#entries.has(parent)) parents.add(parent);
    return [...parents];
  }

  remember(entry: Entry): void {
    const before = this.#entries.get(entry.id);
    this.#entries.set(entry.id, entry);
    this.#order.add(entry);
    if (entry.state === "running" && entry.doneBy === "handler" && entry.dueAt === null)
      this.#running.set(entry.id, entry);
    else this.#running.delete(entry.id);
    // The same moment is another one when it is of another state: a lease that has run out, and the retry that follows.
    if (before && before.state !== entry.state) this.#due.set(entry.id, null);
    this.#due.set(entry.id, this.isReady(entry) ? null : entry.dueAt);
    // It was told while others came before it, and the clock was set back since.
    if (entry.dueAt !== null && entry.dueAt > this.#clock.now()) this.#due.tellAgain(entry.id);
    this.#deadlines.set(entry.id, entry.deadlineAt);
    this.#noteTime(entry);
  }

  #noteTime({ id, state, deadlineAt }: Entry): void {
    if (state !== "running" || deadlineAt === null) this.#timed.delete(id);
    else if (this.#timed.get(id)?.deadlineAt !== deadlineAt)
      this.#timed.set(id, { deadlineAt, aheadMs: this.#aheadMs() });
  }

  #aheadMs(): number {
    return this.#clock.now() - this.#clock.elapsed();
  }

  /** By how much the time of day was set forward while one that has a deadline ran, which it has not run for. */
  leaptMs(id: TaskId): number {
    const timed = this.#timed.get(id);
    const leaptMs = timed === undefined ? 0 : this.#aheadMs() - timed.aheadMs;
    return leaptMs > LEAP_MS_MIN ? leaptMs : 0;
  }

  forget(id: TaskId): void {
    const entry = this.#entries.get(id);
    this.#entries.delete(id);
    if (entry) this.#order.remove(entry);
    this.#running.delete(id);
    this.#due.set(id, null);
    this.#deadlines.set(id, null);
    this.#timed.delete(id);
  }

  /** It wants nothing but a slot, or a worker. */
  isReady(entry: Entry): boolean {
    const isDelayed = entry.state === "queued" && entry.dueAt !== null && entry.dueAt > this.#clock.now();
    return entry.ready && !isDelayed && (!entry.inTurn || this.#order.isFirst(entry));
  }

  /** Those that wait for their turn in their conversation. */
  inTurn(): Entry[] {
    return this.#those((entry) => entry.inTurn);
  }

  /** The tasks of its conversation for whose end this one waits, oldest first. */
  before(id: TaskId): TaskId[] {
    const entry = this.#entries.get(id);
    return entry?.inTurn ? this.#order.before(entry) : [];
  }

  /** Whether a task of its conversation may have to wait for its end. */
  isInTheWay({ conversation }: Entry): boolean {
    return this.#order.isWaitedIn(conversation);
  }

  /** The one whose turn it is, now that a task of its conversation has ended. */
  nextAfter({ conversation }: Entry): Entry | undefined {
    return this.#entries.get(this.#order.next(conversation) ?? "");
  }

  /** Its moment was told too early: the clock has been set back since. */
  dueAgain(id: string): void {
    this.#due.tellAgain(id);
  }

  /** The same of its deadline. */
  expiresAgain(id: string): void {
    this.#deadlines.tellAgain(id);
  }

  /** From here on time moves those that are here: what runs is among them, and what its parents have become is known. */
  start(): void {
    this.#due.start();
    this.#deadlines.start();
  }

  stop(): void {
    this.#due.stop();
    this.#deadlines.stop();
  }
}
