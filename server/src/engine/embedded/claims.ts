/**
 * The queues of work that other programs do: ready tasks lie in named queues until a worker claims them. They are given
 * out under a lease, the one place with a lease; who lets it run out loses the task to the next. No total limits them,
 * but a concurrency key does, whether its tasks are run here or claimed: one whose key has no room is parked until it has.
 */
import { Refusal } from "../../task/errors.ts";
import type { TaskId } from "../../task/id.ts";
import type { Task } from "../../task/task.ts";
import type { Clock } from "../clock.ts";
import type { Claim, QueueDepth, WorkClaims } from "../engine.ts";
import type { Transitions } from "../transitions.ts";
import type { Backlogs } from "./backlogs.ts";
import { type ConcurrencyKeys, keyOf } from "./concurrency-keys.ts";
import type { Entry } from "./entry.ts";
import type { LeaseKeys } from "./lease-keys.ts";
import type { OpenTasks } from "./open-tasks.ts";
import { namesOf, queueKey } from "./queue-key.ts";
import { ReadyQueue } from "./ready-queue.ts";

type Parts = {
  transitions: Transitions;
  clock: Clock;
  open: Pick<OpenTasks, "get">;
  keys: ConcurrencyKeys;
  leases: Pick<LeaseKeys, "held" | "free" | "stop">;
  backlogs: Pick<Backlogs, "isReady" | "fill" | "withdraw" | "depths">;
  /** Whether all that come before it are in memory; true when absent. */
  mayGo?: (entry: Entry) => boolean;
};

/** Workers name the queues that they ask for. */
const QUEUES_NOTED_MAX = 10_000;

type Queue = {
  ready: ReadyQueue<Entry>;
  /** Tasks that a claim had taken and the store refused: they come before all others. */
  returned: Entry[];
  /** Tasks whose concurrency key has no room, by that key. */
  parked: Map<string, ReadyQueue<Entry>>;
  /** Waiting claims, the longest waiting first. One is woken for each task, so that thousands do not look for the same one. */
  waiting: Set<() => void>;
};

export class Claims implements WorkClaims {
  readonly #parts: Parts;
  readonly #queues = new Map<string, Queue>();
  readonly #queueOf = new Map<TaskId, string>();
  /** The queues in which tasks of a concurrency key are parked. */
  readonly #parkedIn = new Map<string, Set<string>>();
  /** Ready tasks that have to wait until others that come before them are in memory. */
  readonly #early = new Map<TaskId, Entry>();
  /** When workers last asked, by queue: the latest of them last. */
  readonly #asked = new Map<string, number>();
  /** Nothing is given out before `start`: holders of concurrency keys may not be in memory yet. */
  #isHeld = true;
  #stopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    parts.keys.onRoom((key) => this.#unpark(key));
  }

  offer(entry: Entry, name: string): void {
    const { mayGo = () => true } = this.#parts;
    const key = queueKey(entry.tenant, name);
    this.#queueOf.set(entry.id, key);
    if (mayGo(entry)) this.#makeReady(entry, this.#queue(key));
    else this.#early.set(entry.id, entry);
  }

  /** Called when more tasks are in memory: those can be claimed that no task comes before any more. */
  lookAgain(): void {
    const early = [...this.#early.values()];
    this.#early.clear();
    for (const entry of early) {
      const key = this.#queueOf.get(entry.id);
      if (key !== undefined) this.offer(entry, namesOf(key).queue);
    }
  }

  withdraw(id: TaskId): void {
    const key = this.#queueOf.get(id);
    this.#early.delete(id);
    this.#queueOf.delete(id);
    const queue = key === undefined ? undefined : this.#queues.get(key);
    if (key === undefined || !queue) return;
    queue.ready.remove(id);
    if (queue.returned.length > 0) queue.returned = queue.returned.filter((entry) => entry.id !== id);
    const limitKey = this.#limitKeyOf(id);
    if (limitKey !== null) {
      queue.parked.get(limitKey)?.remove(id);
      // It may have been the one for which its key had room.
      this.#unpark(limitKey);
    }
    this.#tidy(key);
  }

  /** A task holds its concurrency key exactly while a worker holds the task. */
  followKey(entry: Entry): void {
    if (entry.state === "running") this.#parts.keys.hold(entry);
    else this.giveKeyBack(entry.id);
  }

  giveKeyBack(id: TaskId): void {
    this.#parts.keys.release(id);
    this.#parts.leases.free(id);
  }

  start(): void {
    this.#isHeld = false;
    this.#wakeAll();
  }

  /** Ends the waiting claims. */
  stop(): void {
    this.#stopped = true;
    this.#parts.leases.stop();
    this.#wakeAll();
  }

  #wakeAll(): void {
    for (const queue of this.#queues.values()) for (const wake of [...queue.waiting]) wake();
  }

  async claim(claim: Claim, signal: AbortSignal): Promise<Task[]> {
    const key = queueKey(claim.tenant, claim.queue);
    this.#noteAsked(key);
    const until = this.#parts.clock.elapsed() + claim.waitMs;
    for (;;) {
      // A task for a caller who has gone would be lost until its lease ends.
      const tasks = signal.aborted ? [] : await this.#take(key, claim, signal);
      this.#passOn(key);
      const rest = until - this.#parts.clock.elapsed();
      if (tasks.length > 0 || rest <= 0 || signal.aborted || this.#stopped) return tasks;
      await this.#offered(key, rest, signal);
    }
  }

  askedAt(tenant: string, queue: string): number | null {
    const key = queueKey(tenant, queue);
    // Whoever waits for work is asking still.
    if ((this.#queues.get(key)?.waiting.size ?? 0) > 0) return this.#parts.clock.now();
    return this.#asked.get(key) ?? null;
  }

  depths(): QueueDepth[] {
    const depths = new Map<string, QueueDepth>();
    for (const [id, key] of this.#queueOf) {
      const entry = this.#parts.open.get(id);
      if (!entry) continue;
      const depth = depths.get(key) ?? { ...namesOf(key), ready: 0, oldestAt: entry.createdAt };
      depths.set(key, { ...depth, ready: depth.ready + 1, oldestAt: Math.min(depth.oldestAt, entry.createdAt) });
    }
    for (const { ready, oldestAt, ...names } of this.#parts.backlogs.depths()) {
      const key = queueKey(names.tenant, names.queue);
      const depth = depths.get(key) ?? { ...names, ready: 0, oldestAt };
      if (ready > 0)
        depths.set(key, { ...depth, ready: depth.ready + ready, oldestAt: Math.min(depth.oldestAt, oldestAt) });
    }
    return [...depths.values()];
  }

  /** The lease has run out: the task is offered again. */
  async loseLease({ id, attempt, lease }: Task): Promise<void> {
    await this.#parts.transitions.change(id, { do: "lapse", attempt, until: lease?.until ?? 0 });
  }

  #noteAsked(key: string): void {
    this.#asked.delete(key);
    this.#asked.set(key, this.#parts.clock.now());
    const [longestAgo] = this.#asked.keys();
    if (this.#asked.size > QUEUES_NOTED_MAX && longestAgo !== undefined) this.#asked.delete(longestAgo);
  }

  async #take(key: string, claim: Claim, signal: AbortSignal): Promise<Task[]> {
    const { transitions, clock, keys, leases, backlogs } = this.#parts;
    const tasks: Task[] = [];
    while (tasks.length < claim.max) {
      if (!backlogs.isReady(key) && (!(await this.#isFilled(key, tasks.length > 0)) || signal.aborted)) break;
      const entry = this.#next(key);
      if (!entry) break;
      try {
        const { worker, key } = claim;
        const lease = { worker, until: clock.now() + claim.leaseMs, ...(key !== undefined && { key }) };
        const command = { do: "start", lease } as const;
        const along = claim.along?.(entry.id);
        const { task } = await transitions.change(entry.id, () => ({ command, ...(along && { along }) }));
        leases.held(task);
        tasks.push(task);
      } catch (error) {
        keys.release(entry.id);
        // It was cancelled or paused meanwhile; anything else is the caller's to hear, and what it got so far its own.
        if (error instanceof Refusal && MOVED_ON.has(error.code)) continue;
        this.#putBack(entry, key);
        if (tasks.length === 0) throw error;
        break;
      }
    }
    this.#tidy(key);
    return tasks;
  }

  /** Reads the next tasks from the disk where none is in memory. An error of that is thrown only to a claim that has got no task. */
  async #isFilled(key: string, hasSome: boolean): Promise<boolean> {
    const { backlogs } = this.#parts;
    while (!this.#isHeld && !this.#stopped && !backlogs.isReady(key)) {
      try {
        await backlogs.fill(key);
      } catch (error) {
        if (!hasSome) throw error;
        return false;
      }
    }
    return true;
  }

  /** The next task whose concurrency key has room; it then holds the key. */
  #next(key: string): Entry | undefined {
    const queue = this.#queues.get(key);
    if (!queue || this.#isHeld) return undefined;
    for (;;) {
      const entry = queue.returned.shift() ?? queue.ready.pop();
      if (!entry) return undefined;
      if (this.#parts.keys.take(entry)) {
        this.#queueOf.delete(entry.id);
        this.#parts.backlogs.withdraw(entry);
        return entry;
      }
      this.#park(entry, key, queue);
    }
  }

  #park(entry: Entry, key: string, queue: Queue): void {
    const limitKey = keyOf(entry) ?? "";
    const parked = queue.parked.get(limitKey) ?? new ReadyQueue<Entry>();
    parked.push(entry);
    queue.parked.set(limitKey, parked);
    const places = this.#parkedIn.get(limitKey);
    if (places) places.add(key);
    else this.#parkedIn.set(limitKey, new Set([key]));
  }

  /** Called where the key may have room: the first parked task of each queue tries. */
  #unpark(limitKey: string): void {
    for (const key of [...(this.#parkedIn.get(limitKey) ?? [])]) {
      const queue = this.#queues.get(key);
      const parked = queue?.parked.get(limitKey);
      const entry = parked?.pop();
      if (parked?.size === 0) queue?.parked.delete(limitKey);
      if (!queue?.parked.has(limitKey)) this.#parkedIn.get(limitKey)?.delete(key);
      if (queue && entry) this.#makeReady(entry, queue);
    }
    if (this.#parkedIn.get(limitKey)?.size === 0) this.#parkedIn.delete(limitKey);
  }

  #makeReady(entry: Entry, queue: Queue): void {
    queue.ready.push(entry);
    wakeOne(queue);
  }

  /** Wakes the next waiting claim: the one that was woken has left a task, or has gone without it. */
  #passOn(key: string): void {
    const queue = this.#queues.get(key);
    if (queue && !this.#isHeld && queue.ready.size + queue.returned.length > 0) wakeOne(queue);
  }

  /** Puts the task back at the head of its queue, unless a change has placed it meanwhile. */
  #putBack(entry: Entry, key: string): void {
    if (this.#queueOf.has(entry.id) || this.#parts.open.get(entry.id) !== entry) return;
    this.#queueOf.set(entry.id, key);
    const queue = this.#queue(key);
    queue.returned.push(entry);
    wakeOne(queue);
  }

  #limitKeyOf(id: TaskId): string | null {
    const entry = this.#parts.open.get(id);
    return entry ? keyOf(entry) : null;
  }

  #offered(key: string, ms: number, signal: AbortSignal): Promise<void> {
    const { waiting } = this.#queue(key);
    return new Promise((resolve) => {
      const wake = () => {
        forget();
        waiting.delete(wake);
        signal.removeEventListener("abort", wake);
        this.#tidy(key);
        resolve();
      };
      const forget = this.#parts.clock.after(ms, wake);
      waiting.add(wake);
      signal.addEventListener("abort", wake, { once: true });
    });
  }

  #queue(key: string): Queue {
    const queue = this.#queues.get(key) ?? {
      ready: new ReadyQueue<Entry>(),
      returned: [],
      parked: new Map(),
      waiting: new Set(),
    };
    this.#queues.set(key, queue);
    return queue;
  }

  #tidy(key: string): void {
    const queue = this.#queues.get(key);
    if (!queue || queue.ready.size + queue.returned.length + queue.parked.size + queue.waiting.size > 0) return;
    this.#queues.delete(key);
  }
}

function wakeOne({ waiting }: Queue): void {
  const [longest] = waiting;
  longest?.();
}

/** The task was cancelled, paused, deleted or started in the moment of its claim. */
const MOVED_ON: ReadonlySet<string> = new Set(["not_allowed_in_state", "not_found"]);

export function isLeaseLost(task: Task, now: number): boolean {
  return task.state === "running" && task.lease !== null && task.lease.until <= now;
}
