/**
 * Programs that claim external work, keep its lease or lose it, and hand it in, twice now and then. Until when a lease
 * runs is what the server has said last: nobody else may have the task before.
 */
import { setTimeout as pass } from "node:timers/promises";
import { z } from "zod";
import type { Call } from "./load.ts";
import type { Promises } from "./promises.ts";

const held = z.object({
  id: z.string(),
  attempt: z.number(),
  progress: z.object({ fraction: z.number() }),
  lease: z.object({ until: z.string() }),
});
const claimed = z.object({ data: z.array(held) });
type Held = z.infer<typeof held>;

/** Of what is claimed, so that somebody else has it soon when the answer is lost, or the worker vanishes; */
const CLAIMED_MS = 5_000;
/** of what is worked on: longer than a death of the server takes. */
const LEASE_MS = 60_000;
const VANISHES = 0.05;
/** What the server does not answer is sent again for so long: what is done counts also when the lease is over by then. */
const INSIST_MS_MAX = 30_000;

export class Worker {
  readonly #name: string;
  readonly #call: Call;
  readonly #promises: Promises;

  constructor(name: string, call: Call, promises: Promises) {
    this.#name = name;
    this.#call = call;
    this.#promises = promises;
  }

  async work(): Promise<void> {
    const claim = { worker: this.#name, max: 3, lease_ms: CLAIMED_MS, wait_ms: 500 };
    this.#promises.sent("claim", "any", this.#name);
    const answer = await this.#call("/v1/work/claim", claim);
    const parsed = claimed.safeParse(answer?.body);
    if (!parsed.success) return void (await pass(50));
    for (const { id, attempt, lease } of parsed.data.data) {
      this.#promises.answered("claim", id, attempt, this.#name);
      this.#promises.leased(id, attempt, lease.until);
    }
    for (const task of parsed.data.data) if (Math.random() > VANISHES) await this.#workOn(task);
  }

  async #workOn(task: Held): Promise<void> {
    const { id, attempt, progress } = task;
    if (!(await this.#keep(task))) return;
    await pass(Math.random() * 100);
    const further = progress.fraction + (1 - progress.fraction) * 0.2;
    if (Math.random() < 0.5 && !(await this.#keep(task, further))) return;
    const output = `${this.#name} ${attempt}`;
    for (let time = 0; time < (Math.random() < 0.2 ? 2 : 1); time++) {
      this.#promises.sent("complete", id, output);
      const done = await this.#insist(`/v1/tasks/${id}/complete`, { worker: this.#name, attempt, output });
      if (done?.status === 200) this.#promises.answered("complete", id, output);
    }
  }

  /** Whether the task is still this worker's, and how far it is. */
  async #keep({ id, attempt }: Held, fraction?: number): Promise<boolean> {
    if (fraction !== undefined) this.#promises.sent("heartbeat", id, fraction);
    const beat = {
      worker: this.#name,
      attempt,
      lease_ms: LEASE_MS,
      ...(fraction !== undefined && { progress: { fraction } }),
    };
    const answer = await this.#insist(`/v1/tasks/${id}/heartbeat`, beat);
    const kept = held.safeParse(answer?.body);
    if (answer?.status !== 200 || !kept.success) return false;
    if (fraction !== undefined) this.#promises.answered("heartbeat", id, fraction);
    this.#promises.leased(id, attempt, kept.data.lease.until);
    return true;
  }

  async #insist(path: string, body: unknown): ReturnType<Call> {
    const from = performance.now();
    for (;;) {
      const answer = await this.#call(path, body);
      if (answer !== null || performance.now() - from > INSIST_MS_MAX) return answer;
      await pass(100);
    }
  }
}
