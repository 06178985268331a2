/** The verbs of workers: take ready work, extend its lease, and deliver its outcome. */
import type { Json } from "../task/json/json.ts";
import type { Principal } from "../task/principal.ts";
import type { Failure, Task } from "../task/task.ts";

/**
 * Work that other programs do, under a lease. Every verb throws `forbidden` without the scope `work`. A claim's `attempt`
 * is its fencing token: `fenced` says that this worker, or this attempt, does not hold the task, which may have ended, be
 * paused, or be another's by now, or that it was claimed with another key. A worker may know any task of its tenant that is
 * or was claimed; others are `not_found`.
 */
export interface Work {
  /**
   * Starts up to `max` ready tasks of kind `external` whose input names `queue`, waiting up to `waitMs` for the first; none
   * when that passes or `signal` fires. A task whose concurrency key has no room is not given out. Whoever lets `leaseMs`
   * pass without a heartbeat loses the task to the next.
   */
  claim(
    principal: Principal,
    claim: { worker: string; queue: string; max: number; leaseMs: number; waitMs: number },
    signal: AbortSignal,
  ): Promise<Task[]>;
  /** The lease runs for `leaseMs` from here; progress is 0..1 and never falls. Throws `not_found`, `fenced`. */
  heartbeat(
    principal: Principal,
    id: string,
    beat: { worker: string; attempt: number; leaseMs: number; progress?: { fraction: number; message: string } },
  ): Promise<Task>;
  /**
   * Completes the task, also after the lease ran out while nobody has claimed it since. The same again is answered with the
   * task as it is. Throws `not_found`, `fenced`.
   */
  complete(principal: Principal, id: string, done: { worker: string; attempt: number; output: Json }): Promise<Task>;
  /**
   * Fails the task, or, when it is `retryable` and has tries left, offers it again after a delay; late and again like
   * `complete`. Throws `not_found`, `fenced`.
   */
  fail(
    principal: Principal,
    id: string,
    failed: { worker: string; attempt: number; error: Failure; retryable: boolean },
  ): Promise<Task>;
  /**
   * The outcome of work that nobody has claimed, from whoever did it all the same: as an attempt that begins and ends with
   * it. Throws `not_found` also for work that only a worker could know, and `not_allowed_in_state` unless it lies in a
   * queue.
   */
  deliver(principal: Principal, id: string, outcome: { worker: string } & Outcome): Promise<Task>;
}

/** The outcome of a piece of work. */
export type Outcome = { output: Json } | { error: Failure };
