/** The operator's limits on a caller's acts within an hour, counted in this process. */
import { Refusal } from "../task/errors.ts";
import type { Principal } from "../task/principal.ts";

const HOUR_MS = 3_600_000;
/** Callers counted at once: a new one beyond that replaces the oldest. */
const COUNTED_MAX = 10_000;

/** A limit for each act; none if absent. */
export type HourlyLimits<Act extends string> = Readonly<Partial<Record<Act, number>>>;

export class HourlyCounts<Act extends string> {
  readonly #limits: HourlyLimits<Act>;
  readonly #now: () => number;
  readonly #counts = new Map<string, { from: number; count: number }>();

  constructor(limits: HourlyLimits<Act>, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Counts one act. Throws `rate_limited`, with the time until the hour is over. */
  take({ tenant, user }: Principal, act: Act): void {
    const limit = this.#limits[act];
    if (limit === undefined) return;
    const now = this.#now();
    const key = JSON.stringify([act, tenant, user]);
    const known = this.#counts.get(key);
    const current = known && now - known.from < HOUR_MS ? known : { from: now, count: 0 };
    if (current.count >= limit) {
      const retryAfterS = Math.ceil((current.from + HOUR_MS - now) / 1_000);
      throw new Refusal("rate_limited", `At most ${limit} of these are taken within an hour.`, { retryAfterS });
    }
    if (!known && this.#counts.size >= COUNTED_MAX) this.#counts.clear();
    this.#counts.set(key, { from: current.from, count: current.count + 1 });
  }
}
