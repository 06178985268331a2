/**
 * Open tasks that wait for time, for people or for their children alone, as the store tells them by when time moves them: those whose
 * time comes soon are in memory, and all others on disk alone, however many they are. One that a caller acts on, or that goes on as its
 * child has ended, comes by as a change, like every other task.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Store } from "../../store/store.ts";
import type { Handlers } from "../../task/handlers.ts";
import type { TaskId } from "../../task/id.ts";
import { type AsleepPlace, NEVER, type NumberedTasks, type OpenTask, type TurnPlace } from "../../task/open-task.ts";
import type { Clock } from "../clock.ts";
import type { Transitions } from "../transitions.ts";
import { type Entry, entryOf, entryUnread } from "./entry.ts";
import type { StateCount } from "./open-tasks.ts";
import { type EngineLimits, type EngineLog, isPassing } from "./settings.ts";
import { SleeperCounts } from "./sleeper-counts.ts";
import { untilAnswered } from "./until-answered.ts";

/** Sleepers that are read at once. */
const PAGE = 1_000;
/** Of those, so many at once with their inputs, each of which may be megabytes. */
const WHOLE_PAGE = 64;
/** Numbers that are read at once: some milliseconds of a thread. */
const NUMBERS_PAGE = 5_000;
/** Conversations that are asked for at once. */
const CONVERSATIONS_PAGE = 100;
const LAST_ID = "\u{10ffff}";
const BEFORE_ALL: AsleepPlace = { wakesAt: Number.MIN_SAFE_INTEGER, id: "" };

type Parts = {
  store: Pick<Store, "asleep" | "firstWake" | "asleepNumbers" | "openBefore">;
  clock: Clock;
  handlers: Handlers;
  transitions: Pick<Transitions, "find" | "tell">;
  place: (entry: Entry) => void;
  /** A task in memory is at least as new as a page's. */
  isHere: (id: TaskId) => boolean;
  /** Called where sleepers whose time comes cannot be read: they do not go on. */
  unread: () => void;
  /** Called once all sleepers are counted. */
  counted: () => void;
  limits: Pick<EngineLimits, "sleepersAheadMs">;
  log: EngineLog;
};

export class Sleepers {
  readonly #parts: Parts;
  /** Sleepers whose time comes until then are in memory, or are being read. */
  #until: number;
  /** The next page begins behind this place. */
  #after = BEFORE_ALL;
  /** Tasks that have changed since the page under way was asked for. */
  #changed: Set<TaskId> | null = null;
  /** The earliest time of a sleeper that is not in memory. */
  #firstAt = Number.POSITIVE_INFINITY;
  readonly #counts = new SleeperCounts();
  #areCounted = false;
  #armed: { at: number; cancel: () => void } | null = null;
  #stopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#until = parts.clock.now() + parts.limits.sleepersAheadMs;
  }

  /** Whether its time is so far that it may be on disk alone. */
  isFarFrom({ wakesAt }: Pick<Entry, "wakesAt">): boolean {
    return wakesAt !== null && wakesAt > this.#until;
  }

  /** The task is on disk alone from now on. */
  left(entry: Entry): void {
    this.#counts.add(entry);
    const { wakesAt } = entry;
    if (wakesAt === null || wakesAt === NEVER || wakesAt >= this.#firstAt) return;
    this.#firstAt = wakesAt;
    this.#arm();
  }

  /** The task is in memory from now on, or has ended. */
  awoke(number: number): void {
    this.#counts.remove(number);
  }

  /** Notes a change of a task, so that a page that was asked for before does not count for it. */
  heard(id: TaskId): void {
    this.#changed?.add(id);
  }

  /** How many sleepers of each kind and state are on disk alone, as far as they are counted. */
  byState(): Iterable<StateCount> {
    return this.#counts.byState();
  }

  get size(): number {
    return this.#counts.size;
  }

  /** How many of them wait in a queue; null while not all of them are known. */
  inQueue(key: string): number | null {
    return this.#counts.inQueue(key);
  }

  /** The queues in which some of them wait. */
  queues(): ReadonlyMap<string, number> {
    return this.#counts.queues();
  }

  /** Those that wait in queues, by kind. */
  waiting(): Iterable<Pick<NumberedTasks, "kind" | "queue">> {
    return [...this.#counts.byState()].filter(({ queue }) => queue !== null);
  }

  /** Reads those into memory whose time comes soon, now and whenever it is near. Counts the others. */
  start(): Promise<void> {
    return this.#read();
  }

  /** Brings into memory the tasks that come before these in their conversations. */
  async bringBefore(entries: Iterable<Entry>): Promise<void> {
    const { transitions, isHere } = this.#parts;
    const last = new Map<string, number>();
    for (const { inTurn, conversation, number } of entries)
      if (inTurn && conversation !== null) last.set(conversation, Math.max(number, last.get(conversation) ?? 0));
    const places = [...last].map(([conversation, number]) => ({ conversation, number }));
    for (let from = 0; from < places.length && !this.#stopped; from += CONVERSATIONS_PAGE) {
      for (const id of await this.#before(places.slice(from, from + CONVERSATIONS_PAGE)))
        if (!isHere(id) && !this.#stopped) await this.#again(() => transitions.tell(id), isPassing).catch(() => {});
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#armed?.cancel();
  }

  /** Conversations that cannot be read are left out: a task that would begin too early is refused by the store, which names the first. */
  async #before(places: readonly TurnPlace[]): Promise<TaskId[]> {
    const { store, log } = this.#parts;
    try {
      return await this.#again(() => store.openBefore(places), isPassing);
    } catch (error) {
      if (this.#stopped) return [];
      if (places.length > 1) return (await Promise.all(places.map((place) => this.#before([place])))).flat();
      log.warn("Who comes first in a conversation could not be read.", { ...places[0], error });
      return [];
    }
  }

  async #count(): Promise<void> {
    const { store } = this.#parts;
    for (let after: AsleepPlace | null = { wakesAt: this.#until, id: LAST_ID }; after !== null && !this.#stopped; ) {
      const from: AsleepPlace = after;
      const { those, next } = await this.#again(() => store.asleepNumbers(from, NUMBERS_PAGE));
      for (const { numbers, ...of } of those) this.#counts.read(of, numbers);
      after = next;
      await nextTurn();
    }
    if (this.#stopped) return;
    this.#counts.complete();
    this.#areCounted = true;
    this.#parts.counted();
  }

  /** After a stop, errors of the store that closes do not matter. */
  async #read(): Promise<void> {
    await this.#readAll().catch((error: unknown) => {
      if (!this.#stopped) throw error;
    });
  }

  async #readAll(): Promise<void> {
    const { store, clock, limits } = this.#parts;
    this.#armed?.cancel();
    this.#armed = null;
    // From now on a task that falls asleep for less stays in memory, and is in no later page.
    this.#until = Math.max(this.#until, clock.now() + limits.sleepersAheadMs);
    const until = this.#until;
    this.#changed = new Set();
    for (let after: AsleepPlace | null = this.#after; after !== null && !this.#stopped; ) {
      const from: AsleepPlace = after;
      const { tasks, unread, next } = await this.#again(() => store.asleep(from, until, PAGE));
      await this.#takeIn(tasks);
      if (unread) this.#parts.unread();
      after = next;
      await nextTurn();
    }
    this.#changed = null;
    if (this.#stopped) return;
    // No task leaves memory for less than this.
    this.#after = { wakesAt: until, id: LAST_ID };
    this.#firstAt = Number.POSITIVE_INFINITY;
    const first = await this.#again(() => store.firstWake(until));
    this.#firstAt = Math.min(this.#firstAt, first ?? Number.POSITIVE_INFINITY);
    this.#arm();
    if (!this.#areCounted) await this.#count();
  }

  async #takeIn(tasks: readonly OpenTask[]): Promise<void> {
    const { handlers } = this.#parts;
    for (let from = 0; from < tasks.length && !this.#stopped; from += WHOLE_PAGE) {
      const entries = await Promise.all(tasks.slice(from, from + WHOLE_PAGE).map((open) => this.#entryOf(open)));
      for (const entry of entries) if (entry) this.#place(entry);
    }
    await this.bringBefore(tasks.map((open) => entryUnread(open, handlers)));
  }

  /** Whether others claim it is told by its input, which may no longer fit its kind. */
  async #entryOf(open: OpenTask): Promise<Entry | null> {
    const { handlers, transitions } = this.#parts;
    if (handlers.get(open.kind)?.queueOf === undefined) return entryUnread(open, handlers);
    const task = await this.#again(() => transitions.find(open.id), isPassing).catch(() => null);
    return task && entryOf(task, handlers);
  }

  #place(entry: Entry): void {
    if (this.#stopped || this.#changed?.has(entry.id) || this.#parts.isHere(entry.id)) return;
    this.#parts.place(entry);
  }

  #arm(): void {
    if (this.#stopped || this.#changed || this.#firstAt === Number.POSITIVE_INFINITY) return;
    const { clock, limits, log } = this.#parts;
    const at = Math.max(clock.now(), this.#firstAt - limits.sleepersAheadMs / 2);
    if (this.#armed && this.#armed.at <= at) return;
    this.#armed?.cancel();
    const cancel = clock.at(at, () => {
      this.#read().catch((error: unknown) => log.warn("The tasks whose time comes soon could not be read.", { error }));
    });
    this.#armed = { at, cancel };
  }

  /** Asks again after an error, as nobody else would wake who sleeps; where not every error `passes`, throws the others. */
  #again<Answer>(ask: () => Promise<Answer>, passes: (error: unknown) => boolean = () => true): Promise<Answer> {
    const { clock, log } = this.#parts;
    return untilAnswered(
      ask,
      clock,
      (error) => !this.#stopped && passes(error),
      (error) => log.warn("The store did not tell the tasks that sleep; it is asked again.", { error }),
    );
  }
}
