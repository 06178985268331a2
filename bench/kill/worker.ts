/** Programs that claim external work, keep its lease or lose it, and hand it in, twice now and then. */
import { setTimeout as pass } from "node:timers/promises";
import { z } from "zod";
import type { Call } from "./load.ts";
import type { Promises } from "./promises.ts";

const claimed = z.object({
  data: z.array(z.object({ id: z.string(), attempt: z.number(), progress: z.object({ fraction: z.number() }) })),
});
const LEASE_MS = 5_000;
/** What is done is handed in again as long as no server answers: it counts also when the lease is over by then. */
const HAND_IN_MS_MAX = 30_000;

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
    const claim = { worker: this.#name, max: 3, lease_ms: LEASE_MS, wait_ms: 500 };
    this.#promises.sent("claim", "any", this.#name);
    const answer = await this.#call("/v1/work/claim", claim);
    const parsed = claimed.safeParse(answer?.body);
    if (!parsed.success) return void (await pass(50));
    for (const { id, attempt, progress } of parsed.data.data) {
      this.#promises.answered("claim", id, attempt, this.#name);
      await this.#workOn(id, attempt, progress.fraction);
    }
  }

  async #workOn(id: string, attempt: number, before: number): Promise<void> {
    const holder = { worker: this.#name, attempt };
    const path = `/v1/tasks/${id}`;
    // Now and then a worker vanishes.
    if (Math.random() < 0.05) return;
    await pass(Math.random() * 100);
    if (Math.random() < 0.5) {
      const fraction = before + (1 - before) * 0.2;
      this.#promises.sent("heartbeat", id, fraction);
      const beat = await this.#call(`${path}/heartbeat`, { ...holder, lease_ms: LEASE_MS, progress: { fraction } });
      if (beat?.status === 200) this.#promises.answered("heartbeat", id, fraction);
    }
    const output = `${this.#name} ${attempt}`;
    for (let time = 0; time < (Math.random() < 0.2 ? 2 : 1); time++) {
      this.#promises.sent("complete", id, output);
      const from = performance.now();
      let done = await this.#call(`${path}/complete`, { ...holder, output });
      while (done === null && performance.now() - from < HAND_IN_MS_MAX) {
        await pass(100);
        done = await this.#call(`${path}/complete`, { ...holder, output });
      }
      if (done?.status === 200) this.#promises.answered("complete", id, output);
    }
  }
}
