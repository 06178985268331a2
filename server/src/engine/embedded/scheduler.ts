/**
 * Which ready tasks run now: it keeps them in a queue, gives each a slot when one is free, and hands it to the runner.
 * A task whose concurrency key has no slot left is parked until one of that key is given back. How an attempt begins
 * and ends is the runner's.
 */
import type { TaskId } from "../../task/id.ts";
import type { Clock } from "../clock.ts";
import { type ConcurrencyKeys, keyOf } from "./concurrency-keys.ts";
import type { Entry } from "./entry.ts";
import type { OpenTasks } from "./open-tasks.ts";
import { ReadyQueue } from "./ready-queue.ts";
import { type SlotLimits, Slots } from "./slots.ts";

/** Runs tasks that have a slot. */
export interface AttemptRunner {
  /** Begins the next attempt. Resolves, with how the task was left, when it no longer needs its slot. Never rejects. */
  begin(entry: Entry): Promise<Left>;
}

/**
 * `elsewhere`: another process has the task, and what it does comes by as a change. `stuck`: nothing of it can be written,
 * so that this process does not try again.
 */
export type Left = "here" | "elsewhere" | "stuck";

type Parts = {
  open: OpenTasks;
  runner: AttemptRunner;
  slots: SlotLimits;
  keys: ConcurrencyKeys;
  clock: Pick<Clock, "now">;
  /** Whether all that come before it are in memory; true when absent. */
  mayGo?: (entry: Entry) => boolean;
};

/** Tasks of a kind that want a slot, and since when the one of them that has waited for longest. */
export type WantedSlots = { kind: string; count: number; oldestAt: number };

export class Scheduler {
  readonly #open: OpenTasks;
  readonly #runner: AttemptRunner;
  readonly #slots: Slots;
  readonly #keys: ConcurrencyKeys;
  readonly #ready = new ReadyQueue<Entry>();
  /**
   * Ready tasks whose concurrency key has no room, in order. When a key has room, its first task alone moves to the queue of ready
   * tasks: to move all would take thousands there and back with each end.
   */
  readonly #parked = new Map<string, ReadyQueue<Entry>>();
  /** Ready, but some that come before them are still on their way into memory. */
  readonly #early = new Map<TaskId, Entry>();
  readonly #mayGo: (entry: Entry) => boolean;
  /** Since when each task wants a slot, as far as this process knows. */
  readonly #wanting = new Map<TaskId, number>();
  readonly #clock: Pick<Clock, "now">;
  /** Nothing is started: before `start` and after `stop`. */
  #held = true;
  #stopped = false;

  constructor({ open, runner, slots, keys, clock, mayGo = () => true }: Parts) {
    this.#clock = clock;
    this.#mayGo = mayGo;
    this.#open = open;
    this.#runner = runner;
    this.#slots = new Slots(slots, keys);
    this.#keys = keys;
    keys.onRoom((key) => this.#unpark(key));
  }

  start(): void {
    this.#held = this.#stopped;
    this.#dispatch();
  }

  stop(): void {
    this.#held = true;
    this.#stopped = true;
  }

  get running(): number {
    return this.#slots.taken;
  }

  get ready(): number {
    return this.#ready.size + this.#early.size;
  }

  /** Called when more tasks are in memory: those go on that no task comes before any more. */
  lookAgain(): void {
    for (const [id, entry] of this.#early) {
      if (!this.#mayGo(entry)) continue;
      this.#early.delete(id);
      this.#ready.push(entry);
    }
    this.#dispatch();
  }

  /** Queues a task that wants a slot, to start or to go on after a crash. */
  offer(entry: Entry): void {
    this.#enqueue(entry);
    this.#dispatch();
  }

  withdraw(id: TaskId): void {
    this.#wanting.delete(id);
    this.#early.delete(id);
    const entry = this.#ready.remove(id);
    const key = entry && keyOf(entry);
    // Its key may have had room for this one.
    if (key) this.#unpark(key);
  }

  /** Whether the task has a slot or waits for one. */
  has(entry: Entry): boolean {
    if (this.#slots.holds(entry.id) || this.isQueued(entry.id)) return true;
    return this.#parked.get(keyOf(entry) ?? "")?.has(entry.id) ?? false;
  }

  wanted(): WantedSlots[] {
    const byKind = new Map<string, WantedSlots>();
    for (const [id, since] of this.#wanting) {
      const kind = this.#open.get(id)?.kind;
      if (kind === undefined) continue;
      const known = byKind.get(kind) ?? { kind, count: 0, oldestAt: since };
      byKind.set(kind, { kind, count: known.count + 1, oldestAt: Math.min(known.oldestAt, since) });
    }
    return [...byKind.values()];
  }

  /** Whether the task waits for a slot and nothing else. */
  isQueued(id: TaskId): boolean {
    return this.#ready.has(id) || this.#early.has(id);
  }

  /** Takes a slot for a task that is about to be submitted: false when there is none, or others come first. */
  reserve(entry: Entry): boolean {
    if (this.#held || this.#ready.size > 0 || !this.#mayGo(entry) || !this.#slots.hasRoom(entry.tenant)) return false;
    return entry.doneBy === "handler" && this.#slots.take(entry);
  }

  /** Gives a reserved slot back: the submit did not take effect. */
  unreserve(id: TaskId): void {
    this.#slots.release(id);
    this.#keys.giveBack(id);
    this.#dispatch();
  }

  /** For a task under way that holds its key to its end, also over a start of the server and while it has no slot. */
  holdKey(entry: Entry): void {
    this.#keys.hold(entry);
  }

  giveKeyBack(id: TaskId): void {
    this.#keys.giveBack(id);
  }

  /** Uses the reserved slot until `left` resolves. */
  occupy(id: TaskId, left: Promise<Left>): void {
    void left.then((how) => {
      this.#slots.release(id);
      if (how === "here" && !this.#stopped) this.#enqueueAgain(id);
      this.#dispatch();
    });
  }

  holdsSlot(id: TaskId): boolean {
    return this.#slots.holds(id);
  }

  /** Ids of the tasks of its tenant that hold the slots that this one wants. */
  heldBy(id: TaskId): TaskId[] {
    const entry = this.#open.get(id);
    if (!entry || this.#slots.holds(id) || !this.#open.isReady(entry)) return [];
    // Work that other programs do takes no slots, and waits for its key alone.
    return typeof entry.doneBy === "object" ? this.#keys.holders(entry) : this.#slots.holders(entry);
  }

  /** The concurrency key that a ready task waits for; null where the key has room. */
  behindKey(id: TaskId): string | null {
    const entry = this.#open.get(id);
    if (!entry || this.#slots.holds(id) || !this.#open.isReady(entry)) return null;
    return this.#keys.holders(entry).length === 0 ? null : entry.concurrencyKey;
  }

  /** Tasks of its tenant before it in the queue; null when it is not in it. */
  ahead(id: TaskId): number | null {
    const entry = this.#open.get(id);
    return entry && this.#ready.has(id) ? this.#ready.ahead(entry) : null;
  }

  #enqueue(entry: Entry): void {
    // A run that still unwinds, or a start under way, comes first: its end calls this again.
    if (entry.doneBy !== "handler" || this.#slots.holds(entry.id)) return;
    if (this.#mayGo(entry)) this.#ready.push(entry);
    else this.#early.set(entry.id, entry);
    if (!this.#wanting.has(entry.id)) this.#wanting.set(entry.id, this.#clock.now());
  }

  #dispatch(): void {
    while (!this.#held && !this.#slots.areGone) {
      const entry = this.#ready.pop((tenant) => this.#slots.hasRoom(tenant));
      if (!entry) return;
      if (!this.#slots.take(entry)) {
        this.#park(entry);
        continue;
      }
      this.#wanting.delete(entry.id);
      const key = keyOf(entry);
      if (key !== null && this.#keys.hasRoom(entry)) this.#requeueParked(key);
      this.occupy(entry.id, this.#runner.begin(entry));
    }
  }

  /** From now on the task waits for its key and not for a slot. */
  #park(entry: Entry): void {
    this.#wanting.delete(entry.id);
    const key = keyOf(entry) ?? "";
    const parked = this.#parked.get(key) ?? new ReadyQueue<Entry>();
    parked.push(entry);
    this.#parked.set(key, parked);
  }

  /** Called where the key may have room: its first parked task tries. */
  #unpark(key: string): void {
    if (!this.#requeueParked(key)) return;
    // Later, as the task that gave the key back may itself become ready first.
    queueMicrotask(() => this.#dispatch());
  }

  /** Queues the key's first parked task; false where none still wants a slot. */
  #requeueParked(key: string): boolean {
    const parked = this.#parked.get(key);
    let queued = false;
    while (!queued) {
      const entry = parked?.pop();
      if (!entry) break;
      queued = this.#enqueueAgain(entry.id);
    }
    if (parked?.size === 0) this.#parked.delete(key);
    return queued;
  }

  /** Queues the task again if it became ready while it held its slot, or if its start or run was cut short while its state is `running`. */
  #enqueueAgain(id: TaskId): boolean {
    const entry = this.#open.get(id);
    if (entry && (this.#open.isReady(entry) || entry.state === "running")) this.#enqueue(entry);
    return this.#ready.has(id);
  }
}
