/**
 * The queues of work that other programs do: ready tasks lie in named queues until a worker claims them. They are given
 * out under a lease, the one place with a lease; who lets it run out loses the task to the next.
 */
import { Refusal } from "../../task/errors.ts";
import type { Task } from "../../task/task.ts";
import type { Clock } from "../clock.ts";
import type { Claim, WorkClaims } from "../engine.ts";
import type { Transitions } from "../transitions.ts";
import type { Entry } from "./entry.ts";
import type { OpenTasks } from "./open-tasks.ts";
import { ReadyQueue } from "./ready-queue.ts";

/** A task whose workers vanish this often is failed, however its retries are set. */
const LEASES_LOST_MAX = 10;

type Parts = { transitions: Transitions; clock: Clock; open: Pick<OpenTasks, "get"> };

type Queue = {
  ready: ReadyQueue<Entry>;
  /** Those that a claim had taken out and the store refused: they come before all others. */
  returned: Entry[];
  waiting: Set<() => void>;
};

export class Claims implements WorkClaims {
  readonly #parts: Parts;
  readonly #queues = new Map<string, Queue>();
  readonly #queueOf = new Map<string, string>();
  #stopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  offer(entry: Entry, name: string): void {
    const key = queueKey(entry.tenant, name);
    const queue = this.#queue(key);
    queue.ready.push(entry);
    this.#queueOf.set(entry.id, key);
    for (const wake of [...queue.waiting]) wake();
  }

  withdraw(id: string): void {
    const key = this.#queueOf.get(id);
    if (key === undefined) return;
    this.#queueOf.delete(id);
    const queue = this.#queues.get(key);
    queue?.ready.remove(id);
    if (queue && queue.returned.length > 0) queue.returned = queue.returned.filter((entry) => entry.id !== id);
    this.#tidy(key);
  }

  /** Lets those go that wait for work. */
  stop(): void {
    this.#stopped = true;
    for (const queue of this.#queues.values()) for (const wake of [...queue.waiting]) wake();
  }

  async claim(claim: Claim, signal: AbortSignal): Promise<Task[]> {
    const key = queueKey(claim.tenant, claim.queue);
    const until = this.#parts.clock.elapsed() + claim.waitMs;
    for (;;) {
      const tasks = await this.#take(key, claim);
      const rest = until - this.#parts.clock.elapsed();
      if (tasks.length > 0 || rest <= 0 || signal.aborted || this.#stopped) return tasks;
      await this.#offered(key, rest, signal);
    }
  }

  /** The lease has run out: the task is offered again. */
  async loseLease(task: Task): Promise<void> {
    const worker = task.lease?.worker ?? "";
    const error = { code: "lease_lost", message: `Worker ${worker} let its lease run out.` };
    const again = task.failures + 1 < Math.max(task.retry.attempts, LEASES_LOST_MAX);
    await this.#parts.transitions.change(task.id, {
      do: "fail",
      attempt: task.attempt,
      error,
      retryAt: again ? this.#parts.clock.now() : null,
    });
  }

  async #take(key: string, claim: Claim): Promise<Task[]> {
    const { transitions, clock } = this.#parts;
    const tasks: Task[] = [];
    while (tasks.length < claim.max) {
      const entry = this.#next(key);
      if (!entry) break;
      this.#queueOf.delete(entry.id);
      try {
        const lease = { worker: claim.worker, until: clock.now() + claim.leaseMs };
        tasks.push((await transitions.change(entry.id, { do: "start", lease })).task);
      } catch (error) {
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

  #next(key: string): Entry | undefined {
    const queue = this.#queues.get(key);
    return queue?.returned.shift() ?? queue?.ready.pop();
  }

  /** At the head of its queue, unless what became of it meanwhile has placed it already. */
  #putBack(entry: Entry, key: string): void {
    const { open } = this.#parts;
    if (this.#queueOf.has(entry.id) || open.get(entry.id) !== entry) return;
    this.#queueOf.set(entry.id, key);
    const queue = this.#queue(key);
    queue.returned.push(entry);
    for (const wake of [...queue.waiting]) wake();
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
    const queue = this.#queues.get(key) ?? { ready: new ReadyQueue<Entry>(), returned: [], waiting: new Set() };
    this.#queues.set(key, queue);
    return queue;
  }

  #tidy(key: string): void {
    const queue = this.#queues.get(key);
    if (queue && queue.ready.size === 0 && queue.returned.length === 0 && queue.waiting.size === 0)
      this.#queues.delete(key);
  }
}

/** The task was cancelled, paused, deleted or started in the moment of its claim. */
const MOVED_ON: ReadonlySet<string> = new Set(["not_allowed_in_state", "not_found"]);

export function isLeaseLost(task: Task, now: number): boolean {
  return task.state === "running" && task.lease !== null && task.lease.until <= now;
}

function queueKey(tenant: string, queue: string): string {
  return `${tenant}\n${queue}`;
}
