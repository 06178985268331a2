import { type Principal, SCOPES } from "../../src/task/principal.ts";
import { ticks } from "./event-loop.ts";
import { QUEUE } from "./handlers.ts";
import type { World } from "./world.ts";

export class Worker {
  readonly #world: World;
  readonly #name: string;

  constructor(world: World, name: string) {
    this.#world = world;
    this.#name = name;
  }

  async work(): Promise<void> {
    const { random } = this.#world;
    const worker = this.#name;
    const principal: Principal = { tenant: "acme", user: worker, scopes: new Set(SCOPES), keyId: worker };
    while (!this.#world.isOver) {
      await ticks(random.int(1, 10));
      const tenant = random.pick(["acme", "zeta"]);
      const who = { ...principal, tenant };
      const leaseMs = random.pick([1_000, 30_000]);
      const claim = { worker, queue: QUEUE, max: random.int(1, 2), leaseMs, waitMs: random.pick([0, 2_000]) };
      const leave = new AbortController();
      if (!this.#world.mayCrash) void ticks(5).then(() => leave.abort());
      const claimed = await this.#world.call((verbs) => verbs.work.claim(who, claim, leave.signal));
      if (!claimed || "refused" in claimed) continue;
      for (const { id, attempt } of claimed.ok) await this.#workOn(who, id, attempt);
    }
  }

  async #workOn(who: Principal, id: string, attempt: number): Promise<void> {
    const { random } = this.#world;
    const worker = this.#name;
    await ticks(random.int(0, 20));
    if (random.chance(0.3)) {
      const beat = { worker, attempt, leaseMs: 1_000, progress: { fraction: random.next(), message: "" } };
      await this.#world.call((verbs) => verbs.work.heartbeat(who, id, beat));
    }
    const roll = random.int(1, 100);
    if (roll <= 25) return; // The worker vanishes.
    const mark = `${worker} ${attempt}`;
    const answer = await this.#world.call((verbs) =>
      roll <= 90
        ? verbs.work.complete(who, id, { worker, attempt, output: mark })
        : verbs.work.fail(who, id, {
            worker,
            attempt,
            error: { code: "worker", message: mark },
            retryable: roll <= 97,
          }),
    );
    if (answer && "ok" in answer && roll <= 90) this.#world.workDone.set(id, mark);
  }
}
