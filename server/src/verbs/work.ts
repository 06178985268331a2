/** What other programs may do: take ready work, say that they live, and hand in its outcome. */
import type { Json } from "../task/json.ts";
import type { Principal } from "../task/principal.ts";
import type { Failure, Task } from "../task/task.ts";

/** Work that other programs do. Needs the scope `work`. A claim's `attempt` is its fencing token. */
export interface Work {
  /** Up to `max` ready tasks of kind `external` whose input names `queue`, waiting up to `waitMs` for the first. */
  claim(
    principal: Principal,
    claim: { worker: string; queue: string; max: number; leaseMs: number; waitMs: number },
    signal: AbortSignal,
  ): Promise<Task[]>;
  heartbeat(
    principal: Principal,
    id: string,
    beat: { worker: string; attempt: number; leaseMs: number; progress?: { fraction: number; message: string } },
  ): Promise<Task>;
  complete(principal: Principal, id: string, done: { worker: string; attempt: number; output: Json }): Promise<Task>;
  fail(
    principal: Principal,
    id: string,
    failed: { worker: string; attempt: number; error: Failure; retryable: boolean },
  ): Promise<Task>;
}
