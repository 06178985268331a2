/**
 * The right to tell subscribers: of several processes over one store one has it, so that nobody is told twice as a rule and
 * each task's events stay in their order. It is taken when there is something to tell, and held on while there is.
 */
import type { Clock } from "../engine/clock.ts";
import type { LeaseStore } from "../store/lease-store.ts";

const NAME = "outbox";
const LEASE_MS = 120_000;
/** What begins with less than this left may end after it: an attempt takes at most half a minute. */
const LEFT_MS_MIN = 60_000;
/** Whoever has not got it asks again after this. */
const STAND_BY_MS = 10_000;

export class Lease {
  readonly #leases: LeaseStore;
  readonly #holder: string;
  readonly #clock: Pick<Clock, "now">;
  #until = 0;
  #taking: Promise<boolean> | null = null;

  constructor(leases: LeaseStore, holder: string, clock: Pick<Clock, "now">) {
    this.#leases = leases;
    this.#holder = holder;
    this.#clock = clock;
  }

  /** Null when it is held for long enough; else when to ask again. */
  async take(): Promise<number | null> {
    if (this.#until - this.#clock.now() >= LEFT_MS_MIN) return null;
    this.#taking ??= this.#take().finally(() => {
      this.#taking = null;
    });
    return (await this.#taking) ? null : this.#clock.now() + STAND_BY_MS;
  }

  async #take(): Promise<boolean> {
    const now = this.#clock.now();
    const until = now + LEASE_MS;
    const isTaken = await this.#leases.takeLease(NAME, this.#holder, { now, until });
    this.#until = isTaken ? until : 0;
    return isTaken;
  }

  /** Others need not wait for its time to be over. */
  async giveBack(): Promise<void> {
    if (this.#until <= this.#clock.now()) return;
    this.#until = 0;
    await this.#leases.returnLease(NAME, this.#holder);
  }
}
