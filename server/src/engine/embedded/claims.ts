/**
 * Work that other programs do: ready tasks of a queue are given out under a lease, the one place with a lease. A claim's
 * attempt is its fencing token: whoever lost the lease can neither complete nor fail what another has claimed since.
 */
import { notFound, Refusal } from "../../task/errors.ts";
import type { Json } from "../../task/json.ts";
import { mayRead, type Principal } from "../../task/principal.ts";
import type { Failure, Task } from "../../task/task.ts";
import type { Work } from "../../verbs/work.ts";
import { backoffMs } from "../backoff.ts";
import type { Clock } from "../clock.ts";
import type { Transitions } from "../transitions.ts";
import type { Entry } from "./entry.ts";
import { ReadyQueue } from "./ready-queue.ts";

/** A task whose workers vanish this often is failed, however its retries are set. */
const LEASES_LOST_MAX = 10;

type Parts = { ledger: Transitions; clock: Clock; random: () => number };

type Queue = { ready: ReadyQueue<Entry>; waiting: Set<() => void> };

export class Claims implements Work {
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
    this.#queues.get(key)?.ready.remove(id);
    this.#tidy(key);
  }

  /** Lets those go that wait for work. */
  stop(): void {
    this.#stopped = true;
    for (const queue of this.#queues.values()) for (const wake of [...queue.waiting]) wake();
  }

  async claim(
    principal: Principal,
    claim: { worker: string; queue: string; max: number; leaseMs: number; waitMs: number },
    signal: AbortSignal,
  ): Promise<Task[]> {
    this.#mustWork(principal);
    const key = queueKey(principal.tenant, claim.queue);
    const until = this.#parts.clock.now() + claim.waitMs;
    for (;;) {
      const tasks = await this.#take(key, claim);
      const rest = until - this.#parts.clock.now();
      if (tasks.length > 0 || rest <= 0 || signal.aborted || this.#stopped) return tasks;
      await this.#offered(key, rest, signal);
    }
  }

  async heartbeat(
    principal: Principal,
    id: string,
    beat: { worker: string; attempt: number; leaseMs: number; progress?: { fraction: number; message: string } },
  ): Promise<Task> {
    const { ledger, clock } = this.#parts;
    const { worker, attempt, leaseMs, progress } = beat;
    await this.#mustHold(principal, id, worker);
    if (progress) await ledger.change(id, { do: "record", attempt, record: { events: [], progress } });
    return (await ledger.change(id, { do: "renew", attempt, worker, until: clock.now() + leaseMs })).task;
  }

  async complete(
    principal: Principal,
    id: string,
    { worker, attempt, output }: { worker: string; attempt: number; output: Json },
  ): Promise<Task> {
    await this.#mustHold(principal, id, worker);
    return (await this.#parts.ledger.change(id, { do: "complete", attempt, output })).task;
  }

  async fail(
    principal: Principal,
    id: string,
    { worker, attempt, error, retryable }: { worker: string; attempt: number; error: Failure; retryable: boolean },
  ): Promise<Task> {
    await this.#mustHold(principal, id, worker);
    const changed = await this.#parts.ledger.change(id, (task) => {
      const again = retryable && task.failures + 1 < task.retry.attempts;
      return { command: { do: "fail", attempt, error, retryAt: again ? this.#retryAt(task) : null } };
    });
    return changed.task;
  }

  /** The lease has run out: the task is offered again. */
  async loseLease(task: Task): Promise<void> {
    const worker = task.lease?.worker ?? "";
    const error = { code: "lease_lost", message: `Worker ${worker} let its lease run out.` };
    const again = task.failures + 1 < Math.max(task.retry.attempts, LEASES_LOST_MAX);
    await this.#parts.ledger.change(task.id, {
      do: "fail",
      attempt: task.attempt,
      error,
      retryAt: again ? this.#parts.clock.now() : null,
    });
  }

  async #take(key: string, claim: { worker: string; max: number; leaseMs: number }): Promise<Task[]> {
    const { ledger, clock } = this.#parts;
    const tasks: Task[] = [];
    while (tasks.length < claim.max) {
      const entry = this.#queues.get(key)?.ready.pop();
      if (!entry) break;
      this.#queueOf.delete(entry.id);
      try {
        const lease = { worker: claim.worker, until: clock.now() + claim.leaseMs };
        tasks.push((await ledger.change(entry.id, { do: "start", lease })).task);
      } catch (error) {
        // It was cancelled or paused meanwhile; anything else is the caller's to hear, and what it got so far its own.
        if (error instanceof Refusal && error.code === "not_allowed_in_state") continue;
        if (tasks.length === 0) throw error;
        break;
      }
    }
    this.#tidy(key);
    return tasks;
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

  #mustWork(principal: Principal): void {
    if (!principal.scopes.has("work")) throw new Refusal("forbidden", "Claiming work needs a key with the scope work.");
  }

  async #mustHold(principal: Principal, id: string, worker: string): Promise<void> {
    this.#mustWork(principal);
    const task = await this.#parts.ledger.find(id);
    if (!task || task.tenant !== principal.tenant || !(mayRead(principal, task) || task.lease)) throw notFound("Task");
    if (task.lease?.worker !== worker) {
      throw new Refusal("fenced", `Worker ${worker} does not hold this task: it is ${task.state}.`, {
        state: task.state,
      });
    }
  }

  #retryAt(task: Task): number {
    const { clock, random } = this.#parts;
    return clock.now() + backoffMs(task.failures + 1, task.retry.backoffMs, task.retry.backoffMaxMs, random());
  }

  #queue(key: string): Queue {
    const queue = this.#queues.get(key) ?? { ready: new ReadyQueue<Entry>(), waiting: new Set() };
    this.#queues.set(key, queue);
    return queue;
  }

  #tidy(key: string): void {
    const queue = this.#queues.get(key);
    if (queue && queue.ready.size === 0 && queue.waiting.size === 0) this.#queues.delete(key);
  }
}

export function isLeaseLost(task: Task, now: number): boolean {
  return task.state === "running" && task.lease !== null && task.lease.until <= now;
}

function queueKey(tenant: string, queue: string): string {
  return `${tenant}\n${queue}`;
}
