/**
 * What other programs may do with work that they claim. A claim's attempt is its fencing token: whoever lost the lease
 * can neither complete nor fail what another has claimed since.
 */
import { backoffMs } from "../../engine/backoff.ts";
import type { Clock } from "../../engine/clock.ts";
import type { Engine } from "../../engine/engine.ts";
import { notFound, Refusal } from "../../task/errors.ts";
import { type Json, wellFormed } from "../../task/json.ts";
import { mustHave, type Principal } from "../../task/principal.ts";
import type { Failure, Task } from "../../task/task.ts";
import { mayWorkOn } from "../../task/visibility.ts";
import type { Work } from "../work.ts";

export type WorkVerbsParts = { engine: Engine; clock: Clock; random: () => number };

export class WorkVerbs implements Work {
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #random: () => number;

  constructor({ engine, clock, random }: WorkVerbsParts) {
    this.#engine = engine;
    this.#clock = clock;
    this.#random = random;
  }

  async claim(
    principal: Principal,
    claim: { worker: string; queue: string; max: number; leaseMs: number; waitMs: number },
    signal: AbortSignal,
  ): Promise<Task[]> {
    mustHave(principal, "work");
    return this.#engine.claims.claim({ tenant: principal.tenant, ...wellFormed(claim) }, signal);
  }

  async heartbeat(
    principal: Principal,
    id: string,
    beat: { worker: string; attempt: number; leaseMs: number; progress?: { fraction: number; message: string } },
  ): Promise<Task> {
    const { transitions } = this.#engine;
    const { worker, attempt, leaseMs, progress } = wellFormed(beat);
    await this.#mustHold(principal, id, worker);
    if (progress) await transitions.change(id, { do: "record", attempt, record: { events: [], progress } });
    const until = this.#clock.now() + leaseMs;
    return (await transitions.change(id, { do: "renew", attempt, worker, until })).task;
  }

  async complete(
    principal: Principal,
    id: string,
    { worker, attempt, output }: { worker: string; attempt: number; output: Json },
  ): Promise<Task> {
    await this.#mustHold(principal, id, worker);
    return (await this.#engine.transitions.change(id, { do: "complete", attempt, output: wellFormed(output) })).task;
  }

  async fail(
    principal: Principal,
    id: string,
    { worker, attempt, error, retryable }: { worker: string; attempt: number; error: Failure; retryable: boolean },
  ): Promise<Task> {
    await this.#mustHold(principal, id, worker);
    const changed = await this.#engine.transitions.change(id, (task) => {
      const again = retryable && task.failures + 1 < task.retry.attempts;
      return {
        command: { do: "fail", attempt, error: wellFormed(error), retryAt: again ? this.#retryAt(task) : null },
      };
    });
    return changed.task;
  }

  async #mustHold(principal: Principal, id: string, worker: string): Promise<void> {
    mustHave(principal, "work");
    const task = await this.#engine.transitions.find(id);
    if (!task || !mayWorkOn(principal, task)) throw notFound("Task");
    if (task.lease?.worker !== wellFormed(worker)) {
      throw new Refusal("fenced", `Worker ${worker} does not hold this task: it is ${task.state}.`, {
        state: task.state,
      });
    }
  }

  #retryAt(task: Task): number {
    const { backoffMs: base, backoffMaxMs } = task.retry;
    return this.#clock.now() + backoffMs(task.failures + 1, base, backoffMaxMs, this.#random());
  }
}
