/**
 * The verbs of workers, programs that claim work. A claim's attempt is its fencing token: a worker that lost its lease can neither
 * complete nor fail a task that another has claimed since.
 */
import { createHash } from "node:crypto";
import { backoffMs } from "../../engine/backoff.ts";
import type { Clock } from "../../engine/clock.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Act, Along, Plan } from "../../engine/transitions.ts";
import { auditEntry } from "../../task/audit.ts";
import type { HandIn } from "../../task/claim.ts";
import type { Command } from "../../task/decide.ts";
import { notFound, Refusal } from "../../task/errors.ts";
import type { TaskId } from "../../task/id.ts";
import { type Json, wellFormed } from "../../task/json/json.ts";
import { mustHave, type Principal } from "../../task/principal.ts";
import type { Failure, Task } from "../../task/task.ts";
import { mayWorkOn } from "../../task/visibility.ts";
import type { Outcome, Work } from "../work.ts";

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
    const { tenant, keyId: key } = principal;
    const along = (task: TaskId) => this.#along(principal, "claim", task, claim.worker);
    return this.#engine.claims.claim({ tenant, key, ...wellFormed(claim), along }, signal);
  }

  async heartbeat(
    principal: Principal,
    id: string,
    beat: { worker: string; attempt: number; leaseMs: number; progress?: { fraction: number; message: string } },
  ): Promise<Task> {
    const { transitions } = this.#engine;
    const { worker, attempt, leaseMs, progress } = wellFormed(beat);
    const task = await this.#known(principal, id);
    if (task.lease?.worker !== worker || task.attempt !== attempt) throw notHeld(task, worker, attempt);
    mustBeHolders(principal, task.lease);
    const until = this.#clock.now() + leaseMs;
    const record: Act | undefined = progress && {
      command: { do: "record", attempt, record: { events: [], progress } },
    };
    const changed = await transitions.change(id, () => ({
      ...(record && { first: record }),
      command: { do: "renew", attempt, worker, until },
    }));
    return changed.task;
  }

  async complete(
    principal: Principal,
    id: string,
    { worker, attempt, output }: { worker: string; attempt: number; output: Json },
  ): Promise<Task> {
    const done = wellFormed(output);
    const by = { worker: wellFormed(worker), key: principal.keyId, hash: hashOf(["complete", done]) };
    return this.#handIn(principal, id, attempt, by, () => ({ do: "complete", attempt, output: done, by }));
  }

  async fail(
    principal: Principal,
    id: string,
    { worker, attempt, error, retryable }: { worker: string; attempt: number; error: Failure; retryable: boolean },
  ): Promise<Task> {
    const failure = wellFormed(error);
    const by = { worker: wellFormed(worker), key: principal.keyId, hash: hashOf(["fail", failure, retryable]) };
    return this.#handIn(principal, id, attempt, by, (task) => {
      const again = retryable && task.failures + 1 < task.retry.attempts;
      return { do: "fail", attempt, error: failure, retryAt: again ? this.#retryAt(task) : null, by };
    });
  }

  async deliver(
    principal: Principal,
    id: string,
    { worker: name, ...outcome }: { worker: string } & Outcome,
  ): Promise<Task> {
    const { queue } = await this.#known(principal, id);
    if (queue === null) throw new Refusal("not_allowed_in_state", "Other programs have no part in this task.");
    const worker = wellFormed(name);
    const given = wellFormed(outcome);
    const changed = await this.#engine.transitions.change(id, (task) => {
      const attempt = task.attempt + 1;
      const first: Act = { command: { do: "start", lease: { worker, until: this.#clock.now() } } };
      const along = this.#along(principal, "output" in given ? "complete" : "fail", id, worker);
      if ("output" in given) {
        const by = { worker, hash: hashOf(["complete", given.output]) };
        return { first, along, command: { do: "complete", attempt, output: given.output, by } };
      }
      const by = { worker, hash: hashOf(["fail", given.error, false]) };
      return { first, along, command: { do: "fail", attempt, error: given.error, retryAt: null, by } };
    });
    return changed.task;
  }

  /** Ends the attempt of a worker, once: a repeat is answered with the task as it is. */
  async #handIn(
    principal: Principal,
    id: string,
    attempt: number,
    by: HandIn,
    command: (task: Task) => Command,
  ): Promise<Task> {
    const task = await this.#known(principal, id);
    mustBeHolders(principal, task.lastClaim ?? task.lease);
    if (isHandedIn(task, attempt, by)) return task;
    if ((task.lastClaim ?? task.lease)?.worker !== by.worker) throw notHeld(task, by.worker, attempt);
    try {
      const plan = (task: Task): Plan => {
        const handedIn = command(task);
        return { command: handedIn, along: this.#along(principal, handedIn.do, id, by.worker) };
      };
      return (await this.#engine.transitions.change(id, plan)).task;
    } catch (error) {
      if (!(error instanceof Refusal) || !HELD_NO_MORE.has(error.code)) throw error;
      // The same request may have come twice at once.
      const now = await this.#known(principal, id);
      if (isHandedIn(now, attempt, by)) return now;
      throw notHeld(now, by.worker, attempt);
    }
  }

  #along(principal: Principal, act: string, task: TaskId, worker: string): Along {
    return { audit: auditEntry(principal, `work.${act}`, this.#clock.now(), { task, detail: { worker } }) };
  }

  async #known(principal: Principal, id: string): Promise<Task> {
    mustHave(principal, "work");
    const task = await this.#engine.transitions.find(id);
    if (!task || !mayWorkOn(principal, task)) throw notFound("Task");
    return task;
  }

  #retryAt(task: Task): number {
    const { backoffMs: base, backoffMaxMs } = task.retry;
    return this.#clock.now() + backoffMs(task.failures + 1, base, backoffMaxMs, this.#random());
  }
}

/** A lease belongs to its key, whatever else a caller knows of it. A rotated key is the same key. */
function mustBeHolders({ keyId }: Principal, held: { key?: string | undefined } | null): void {
  if (held?.key === undefined || held.key === keyId) return;
  throw new Refusal("fenced", "The task was claimed with another key, which alone may keep it and hand it in.");
}

const HELD_NO_MORE: ReadonlySet<string> = new Set(["fenced", "not_allowed_in_state"]);

function isHandedIn({ attempt, lastClaim }: Task, handedIn: number, by: HandIn): boolean {
  return attempt === handedIn && lastClaim?.worker === by.worker && lastClaim.handedIn === by.hash;
}

/** Says what has become of the worker's attempt. */
function notHeld({ state, attempt, lease, lastClaim }: Task, worker: string, own: number): Refusal {
  const isOwn = attempt === own && (lastClaim ?? lease)?.worker === worker;
  const because = !isOwn
    ? `attempt ${own} of worker ${worker} does not hold it`
    : lastClaim !== null && lastClaim.handedIn !== null
      ? `attempt ${own} was handed in, in another way`
      : state === "waiting"
        ? `the lease of attempt ${own} ran out, and nobody has claimed it since: hand in what is done, or claim it again`
        : `attempt ${own} holds it no longer`;
  return new Refusal("fenced", `The task is ${state}, at attempt ${attempt}: ${because}.`, { state });
}

function hashOf(outcome: Json): string {
  return createHash("sha256").update(JSON.stringify(outcome)).digest("hex");
}
