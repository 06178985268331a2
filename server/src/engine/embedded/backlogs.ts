/**
 * The backlog of a queue: of the tasks that other programs claim from it, and that wait for nothing else, only those that are next are
 * in memory. All behind them are on disk alone, however many they are, and come by the page as those before them go. The order is
 * that of the queue, so that nobody gets another task than if all were in memory.
 */
import type { Store } from "../../store/store.ts";
import type { Handlers } from "../../task/handlers.ts";
import type { TaskId } from "../../task/id.ts";
import { type BacklogPlace, backlogPlace, isBehind, type OpenTask, type QueueName } from "../../task/open-task.ts";
import type { Task } from "../../task/task.ts";
import type { Clock } from "../clock.ts";
import type { QueueDepth } from "../engine.ts";
import type { Transitions } from "../transitions.ts";
import { type Entry, entryOf, entryUnread } from "./entry.ts";
import type { OpenTasks } from "./open-tasks.ts";
import { namesOf, queueKey } from "./queue-key.ts";
import { AGAIN_MS, type EngineLimits, type EngineLog, isPassing } from "./settings.ts";
import type { Sleepers } from "./sleepers.ts";

/** The least of a queue, however many queues there are: one page is to serve several claims. */
const AHEAD_MIN = 4;
/** Tasks that are read at once with their inputs, each of which may be megabytes. */
const WHOLE_PAGE = 64;
const BEFORE_ALL: BacklogPlace = { afterUrgent: Number.MIN_SAFE_INTEGER, createdAt: Number.MIN_SAFE_INTEGER, id: "" };

type Parts = {
  store: Pick<Store, "backlog" | "oldestInBacklog">;
  clock: Clock;
  handlers: Handlers;
  transitions: Pick<Transitions, "find">;
  open: Pick<OpenTasks, "get" | "has">;
  sleepers: Pick<Sleepers, "inQueue" | "isFarFrom" | "queues" | "waiting">;
  place: (entry: Entry) => void;
  /** Called for a task that cannot be read, which is then given to nobody. */
  holdBack: (id: TaskId, error: unknown) => void;
  limits: Pick<EngineLimits, "claimableAhead" | "claimableAheadOfAll">;
  log: EngineLog;
};

type Backlog = {
  of: QueueName;
  /** All tasks that come at `upTo` or before it. */
  next: Map<TaskId, Entry>;
  upTo: BacklogPlace;
  /** Later tasks that are in memory all the same: their time is near, or they came while a page was read. */
  behind: Map<TaskId, Entry>;
  /** Whether the disk may have more behind `upTo`. */
  more: boolean;
  /** The page under way, with its error where it fails. */
  reading: Promise<{ error: unknown } | null> | null;
  /** Stops the timer for another try after the store has refused a page. */
  again: (() => void) | null;
  /** When the oldest of those on disk was submitted, as far as is known. */
  oldestAt: number | null;
  asking: "no" | "once" | "again";
};

/** `next`: the task may be given out; `here`: it stays in memory for later; `left`: it may be on disk alone. */
export type PutIn = "next" | "here" | "left";

export class Backlogs {
  readonly #parts: Parts;
  readonly #backlogs = new Map<string, Backlog>();
  /** How many queues each tenant has here. */
  readonly #queuesOf = new Map<string, number>();
  /** For each page under way, the tasks that have changed since it was asked for. */
  readonly #changed = new Set<Set<TaskId>>();
  #stopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Puts an unclaimed task where it belongs. It may leave memory when its own time is far. */
  put(entry: Entry, isFar: boolean): PutIn {
    // A task that this server runs, or nobody, cannot be claimed.
    if (typeof entry.doneBy !== "object") return entry.doneBy === "nobody" && isFar ? "left" : "next";
    const backlog = this.#of(queueKey(entry.tenant, entry.doneBy.queue));
    const ahead = this.#aheadOf(backlog);
    if (backlog.next.size >= 2 * ahead && !backlog.reading) this.#moveBack(backlog);
    const place = backlogPlace(entry);
    if (!backlog.more && backlog.next.size < ahead && isBehind(place, backlog.upTo)) backlog.upTo = place;
    if (!isBehind(place, backlog.upTo)) {
      backlog.next.set(entry.id, entry);
      return "next";
    }
    backlog.more = true;
    this.#look(backlog);
    if (isFar && !backlog.reading) {
      backlog.oldestAt = Math.min(backlog.oldestAt ?? entry.createdAt, entry.createdAt);
      return "left";
    }
    backlog.behind.set(entry.id, entry);
    return "here";
  }

  /** Takes a task out: it is claimed, has ended, or is about to be put again. */
  withdraw(entry: Entry): void {
    if (typeof entry.doneBy !== "object") return;
    const key = queueKey(entry.tenant, entry.doneBy.queue);
    const backlog = this.#backlogs.get(key);
    if (!backlog || (!backlog.next.delete(entry.id) && !backlog.behind.delete(entry.id))) return;
    this.#look(backlog);
    this.#tidy(key, backlog);
  }

  /** Whether the next tasks of the queue are in memory. */
  isReady(key: string): boolean {
    const backlog = this.#backlogs.get(key);
    return backlog ? !backlog.more || backlog.next.size > 0 : this.#parts.sleepers.inQueue(key) === 0;
  }

  /** Reads the next tasks of the queue. Rejects as the store does. */
  async fill(key: string): Promise<void> {
    const backlog = this.#of(key);
    if (this.#stopped) return;
    backlog.reading ??= this.#read(backlog);
    const failure = await backlog.reading;
    if (failure) throw failure.error;
  }

  /** Notes a change of a task, so that a page that was asked for before does not count for it. */
  heard({ id, tenant, queue, createdAt }: Task): void {
    if (queue === null) return;
    for (const changed of this.#changed) changed.add(id);
    const backlog = this.#backlogs.get(queueKey(tenant, queue));
    if (backlog && backlog.oldestAt !== null && createdAt <= backlog.oldestAt && !this.#parts.open.has(id))
      this.#askOldest(backlog);
  }

  /** Called once all sleepers are counted: reads the next tasks of each queue, and those of kinds that are not claimed any more. */
  async counted(): Promise<void> {
    const { sleepers, handlers } = this.#parts;
    for (const [key, backlog] of this.#backlogs) this.#tidy(key, backlog);
    const kinds = [...sleepers.waiting()].filter(({ kind }) => handlers.has(kind) && !handlers.get(kind)?.queueOf);
    for (const { queue } of kinds) if (queue !== null) await this.#takeUpOwn(queue);
    // A page that the store refuses is read again by the next claim, and by a timer.
    const keys = [...sleepers.queues().keys()];
    // All queues first: how much each reads depends on how many there are.
    for (const key of keys) this.#of(key);
    for (const key of keys) if (!this.#stopped) await this.fill(key).catch(() => {});
  }

  /** How many tasks of each queue no claim can get yet, and the age of the oldest. */
  depths(): QueueDepth[] {
    const { sleepers, clock } = this.#parts;
    const onDisk = sleepers.queues();
    return [...new Set([...onDisk.keys(), ...this.#backlogs.keys()])].map((key) => {
      const { behind = new Map<TaskId, Entry>(), oldestAt = null } = this.#backlogs.get(key) ?? {};
      let oldest = oldestAt ?? clock.now();
      for (const { createdAt } of behind.values()) oldest = Math.min(oldest, createdAt);
      return { ...namesOf(key), ready: (onDisk.get(key) ?? 0) + behind.size, oldestAt: oldest };
    });
  }

  stop(): void {
    this.#stopped = true;
    for (const { again } of this.#backlogs.values()) again?.();
  }

  /**
   * How many tasks of a queue to keep in memory: tenants have equal shares of the whole, and the queues of a tenant equal shares of its
   * share.
   */
  #aheadOf({ of: { tenant } }: Backlog): number {
    const { claimableAhead, claimableAheadOfAll } = this.#parts.limits;
    const shares = this.#queuesOf.size * (this.#queuesOf.get(tenant) ?? 1);
    return Math.min(claimableAhead, Math.max(AHEAD_MIN, Math.floor(claimableAheadOfAll / shares)));
  }

  #countQueues(tenant: string, by: 1 | -1): void {
    const count = (this.#queuesOf.get(tenant) ?? 0) + by;
    if (count === 0) this.#queuesOf.delete(tenant);
    else this.#queuesOf.set(tenant, count);
  }

  #of(key: string): Backlog {
    const known = this.#backlogs.get(key);
    if (known) return known;
    const more = this.#parts.sleepers.inQueue(key) !== 0;
    const empty = { next: new Map(), behind: new Map(), upTo: BEFORE_ALL, reading: null, again: null, oldestAt: null };
    const backlog: Backlog = { ...empty, of: namesOf(key), more, asking: "no" };
    this.#backlogs.set(key, backlog);
    this.#countQueues(backlog.of.tenant, 1);
    return backlog;
  }

  /** Forgets an empty queue: callers name queues, so that there may be very many. */
  #tidy(key: string, backlog: Backlog): void {
    const { next, behind, more, reading } = backlog;
    if (more || reading || next.size + behind.size > 0 || this.#parts.sleepers.inQueue(key) !== 0) return;
    if (this.#backlogs.get(key) !== backlog) return;
    this.#backlogs.delete(key);
    this.#countQueues(backlog.of.tenant, -1);
  }

  /** Reads a page when few are left. */
  #look(backlog: Backlog): void {
    const isLow = backlog.next.size * 2 < this.#aheadOf(backlog);
    if (isLow && backlog.more && !backlog.again && !this.#stopped) backlog.reading ??= this.#read(backlog);
  }

  /** After many urgent tasks came: moves the last of the others back to the disk. */
  #moveBack(backlog: Backlog): void {
    const places = [...backlog.next.values()].map((entry) => ({ entry, place: backlogPlace(entry) }));
    places.sort((a, b) => (isBehind(a.place, b.place) ? 1 : -1));
    const kept = places.splice(0, this.#aheadOf(backlog)).at(-1);
    if (!kept) return;
    backlog.upTo = kept.place;
    backlog.more = true;
    // All are taken out before any is placed: else each of very many would move back all that are left.
    for (const { entry } of places) backlog.next.delete(entry.id);
    for (const { entry } of places) this.#parts.place(entry);
  }

  async #read(backlog: Backlog): Promise<{ error: unknown } | null> {
    const { store, open, place, log, clock } = this.#parts;
    const changed = new Set<TaskId>();
    this.#changed.add(changed);
    let failure: { error: unknown } | null = null;
    try {
      const { tasks, next } = await store.backlog(backlog.of, backlog.upTo, this.#aheadOf(backlog));
      const oldestAt = next && (await store.oldestInBacklog(backlog.of, next));
      const entries = await this.#entriesOf(tasks.filter(({ id }) => !open.has(id)));
      const last = next ?? tasks.map(backlogPlace).at(-1) ?? backlog.upTo;
      Object.assign(backlog, { reading: null, upTo: last, more: next !== null, oldestAt });
      for (const entry of entries) if (!changed.has(entry.id) && !open.has(entry.id)) place(entry);
    } catch (error) {
      failure = { error };
      // One timer, however many ask meanwhile.
      if (!this.#stopped && !backlog.again) {
        log.warn("The store did not tell the next tasks of a queue; it is asked again.", { ...backlog.of, error });
        backlog.again = clock.after(AGAIN_MS, () => {
          backlog.again = null;
          this.#look(backlog);
        });
      }
      backlog.reading = null;
    }
    this.#changed.delete(changed);
    if (this.#stopped) return failure;
    for (const entry of [...backlog.behind.values()]) if (this.#isElsewhere(entry, backlog)) place(entry);
    this.#look(backlog);
    this.#tidy(queueKey(backlog.of.tenant, backlog.of.queue), backlog);
    return failure;
  }

  /** Whether a task that was kept for later belongs elsewhere now. Many stay, as their time is near. */
  #isElsewhere(entry: Entry, { more, upTo }: Backlog): boolean {
    return !more || this.#parts.sleepers.isFarFrom(entry) || !isBehind(backlogPlace(entry), upTo);
  }

  /** Entries need the tasks' inputs: these say which queue a task is claimed from, and may no longer fit the kind. */
  async #entriesOf(tasks: readonly OpenTask[]): Promise<Entry[]> {
    const { handlers, transitions, holdBack } = this.#parts;
    const entries: Entry[] = [];
    for (let from = 0; from < tasks.length && !this.#stopped; from += WHOLE_PAGE) {
      const page = tasks.slice(from, from + WHOLE_PAGE).map(async (open): Promise<Entry | null> => {
        if (handlers.get(open.kind)?.queueOf === undefined) return entryUnread(open, handlers);
        const task = await transitions.find(open.id).catch((error: unknown) => {
          if (isPassing(error)) throw error;
          holdBack(open.id, error);
          return null;
        });
        return task && entryOf(task, handlers);
      });
      entries.push(...(await Promise.all(page)).filter((entry) => entry !== null));
    }
    return entries;
  }

  /** Takes up tasks whose kind was claimed when they were submitted, and is run by this server now. */
  async #takeUpOwn(queue: QueueName): Promise<void> {
    const { store, handlers, open, place, log } = this.#parts;
    const changed = new Set<TaskId>();
    this.#changed.add(changed);
    try {
      for (let after: BacklogPlace | null = BEFORE_ALL; after !== null && !this.#stopped; ) {
        const page: Awaited<ReturnType<Store["backlog"]>> = await store.backlog(queue, after, 1_000);
        for (const task of page.tasks) {
          const entry = entryUnread(task, handlers);
          if (entry.doneBy === "handler" && !changed.has(task.id) && !open.has(task.id)) place(entry);
        }
        after = page.next;
      }
    } catch (error) {
      if (!this.#stopped)
        log.warn("The tasks of a queue that nobody claims any more wait for a start.", { ...queue, error });
    }
    this.#changed.delete(changed);
  }

  /** One read at a time, however many of the oldest tasks go. */
  #askOldest(backlog: Backlog): void {
    const { store } = this.#parts;
    if (backlog.asking !== "no") {
      backlog.asking = "again";
      return;
    }
    backlog.asking = "once";
    store
      .oldestInBacklog(backlog.of, backlog.upTo)
      // What is known stands until the next page.
      .then(
        (oldestAt) => Object.assign(backlog, { oldestAt }),
        () => {},
      )
      .finally(() => {
        const isAsked = backlog.asking === "again" && !this.#stopped;
        backlog.asking = "no";
        if (isAsked) this.#askOldest(backlog);
      });
  }
}
