/**
 * Open tasks that only sleep, as the store tells them by when time moves them: those whose time comes soon are in memory, and all
 * others on disk alone, however many they are. One that a caller acts on comes by as a change, like every other task.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Store } from "../../store/store.ts";
import type { Handlers } from "../../task/handlers.ts";
import type { TaskId } from "../../task/id.ts";
import type { AsleepPlace, OpenTask } from "../../task/open-task.ts";
import type { Clock } from "../clock.ts";
import type { Transitions } from "../transitions.ts";
import { type Entry, entryOf, entryUnread } from "./entry.ts";
import type { StateCount } from "./open-tasks.ts";
import { AGAIN_MS, AGAIN_MS_MAX, type EngineLimits, type EngineLog, isPassing } from "./settings.ts";

/** Sleepers that are read at once. */
const PAGE = 1_000;
const BEFORE_ALL: AsleepPlace = { wakesAt: Number.MIN_SAFE_INTEGER, id: "" };

type Parts = {
  store: Pick<Store, "asleep" | "firstWake" | "asleepByState">;
  clock: Clock;
  handlers: Handlers;
  transitions: Pick<Transitions, "find">;
  place: (entry: Entry) => void;
  /** What is in memory is at least as new as what a page says. */
  isHere: (id: TaskId) => boolean;
  limits: Pick<EngineLimits, "sleepersAheadMs">;
  log: EngineLog;
};

export class Sleepers {
  readonly #parts: Parts;
  /** All that time moves until then are in memory, or are being read. */
  #until: number;
  /** What the next reading begins behind. */
  #after = BEFORE_ALL;
  /** What has changed since the page was asked for that is under way. */
  #changed: Set<TaskId> | null = null;
  /** When time moves the first of those that are not in memory. */
  #firstAt = Number.POSITIVE_INFINITY;
  /** Those that moved while they were being counted. */
  #movedMeanwhile: StateCount[] | null = null;
  readonly #counts = new Map<string, StateCount>();
  #armed: { at: number; cancel: () => void } | null = null;
  #stopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#until = parts.clock.now() + parts.limits.sleepersAheadMs;
  }

  /** Whether it may be forgotten until its time. */
  isFarFrom({ wakesAt }: Pick<Entry, "wakesAt">): boolean {
    return wakesAt !== null && wakesAt > this.#until;
  }

  /** It is not in memory from here on. */
  left({ kind, state, wakesAt }: Entry): void {
    this.#count({ kind, state, count: 1 });
    if (wakesAt === null || wakesAt >= this.#firstAt) return;
    this.#firstAt = wakesAt;
    this.#arm();
  }

  /** A task that was not in memory has changed, and was of this kind and state. */
  moved(kind: string, state: Entry["state"]): void {
    this.#movedMeanwhile?.push({ kind, state, count: -1 });
    this.#count({ kind, state, count: -1 });
  }

  /** What a change says of a task counts, and not what a page says of it that was asked for before. */
  heard(id: TaskId): void {
    this.#changed?.add(id);
  }

  /** How many of each kind and state are not in memory, as far as this process has seen. */
  byState(): Iterable<StateCount> {
    return this.#counts.values();
  }

  get size(): number {
    let size = 0;
    for (const { count } of this.#counts.values()) size += count;
    return size;
  }

  /** Reads those into memory whose time comes soon, now and whenever it is near. Counts the others. */
  start(): Promise<void> {
    return this.#read();
  }

  stop(): void {
    this.#stopped = true;
    this.#armed?.cancel();
  }

  #count({ kind, state, count }: StateCount): void {
    const key = `${state} ${kind}`;
    const sum = (this.#counts.get(key)?.count ?? 0) + count;
    // What was not counted, as it came by while others were, is not missed.
    if (sum > 0) this.#counts.set(key, { kind, state, count: sum });
    else this.#counts.delete(key);
  }

  async #countAll(): Promise<void> {
    const moved: StateCount[] = [];
    this.#movedMeanwhile = moved;
    const counted = await this.#again(() => this.#parts.store.asleepByState(this.#until));
    // They were read again meanwhile, and are being counted again.
    if (this.#movedMeanwhile !== moved) return;
    this.#movedMeanwhile = null;
    this.#counts.clear();
    for (const each of [...counted, ...moved]) this.#count(each);
  }

  /** A store that closes while it is asked is no fault of a reading that was told to stop. */
  async #read(): Promise<void> {
    await this.#readAll().catch((error: unknown) => {
      if (!this.#stopped) throw error;
    });
  }

  async #readAll(): Promise<void> {
    const { store, clock, limits } = this.#parts;
    this.#armed?.cancel();
    this.#armed = null;
    // From here on whoever falls asleep for less stays in memory, and is in no page that comes after.
    this.#until = Math.max(this.#until, clock.now() + limits.sleepersAheadMs);
    const until = this.#until;
    this.#changed = new Set();
    for (let after: AsleepPlace | null = this.#after; after !== null && !this.#stopped; ) {
      const from: AsleepPlace = after;
      const { tasks, next } = await this.#again(() => store.asleep(from, until, PAGE));
      await this.#takeIn(tasks);
      after = next;
      await nextTurn();
    }
    this.#changed = null;
    if (this.#stopped) return;
    // Nobody leaves memory for less than this.
    this.#after = { wakesAt: until, id: "\u{10ffff}" };
    this.#firstAt = Number.POSITIVE_INFINITY;
    const first = await this.#again(() => store.firstWake(until));
    this.#firstAt = Math.min(this.#firstAt, first ?? Number.POSITIVE_INFINITY);
    this.#arm();
    await this.#countAll();
  }

  async #takeIn(tasks: readonly OpenTask[]): Promise<void> {
    const { handlers, transitions } = this.#parts;
    for (const open of tasks) {
      // Whether others claim it is told by its input, which may no longer fit its kind.
      if (handlers.get(open.kind)?.queueOf === undefined) this.#place(entryUnread(open, handlers));
      else {
        const task = await this.#again(() => transitions.find(open.id), isPassing).catch(() => null);
        if (task) this.#place(entryOf(task, handlers));
      }
    }
  }

  #place(entry: Entry): void {
    if (this.#stopped || this.#changed?.has(entry.id) || this.#parts.isHere(entry.id)) return;
    this.moved(entry.kind, entry.state);
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
  async #again<Answer>(ask: () => Promise<Answer>, passes: (error: unknown) => boolean = () => true): Promise<Answer> {
    for (let waitMs = AGAIN_MS; ; waitMs = Math.min(waitMs * 2, AGAIN_MS_MAX)) {
      try {
        return await ask();
      } catch (error) {
        if (this.#stopped || !passes(error)) throw error;
        const { clock, log } = this.#parts;
        if (waitMs === AGAIN_MS) log.warn("The store did not tell the tasks that sleep; it is asked again.", { error });
        await new Promise<void>((resolve) => clock.after(waitMs, resolve));
      }
    }
  }
}
