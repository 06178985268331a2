/**
 * What of a share lasts beyond a request: open tasks, and what models have cost today. The store counts both in the commit
 * that changes them, whichever process makes it; here they are remembered for a second, with what this process has added
 * since, so that a submit waits for no question unless a bound is near.
 */
import type { Clock } from "../../engine/clock.ts";
import type { Store } from "../../store/store.ts";
import { DAY_MS, dayOf } from "../../task/daily-usage.ts";
import { Refusal } from "../../task/errors.ts";
import type { Principal } from "../../task/principal.ts";
import { OPEN_STATES } from "../../task/states.ts";
import type { Visible } from "../../task/visibility.ts";

/** Null is any number. */
export type LastingBounds = { openTasks: number | null; usdPerDay: number | null };
export type LastingBoundsOf = (principal: Principal) => { user: LastingBounds; tenant: LastingBounds };

type Known = { at: number; open: number; usd: number; day: number; reading: Promise<void> | null };

const REMEMBERED_MS = 1_000;
/** From this share of a bound on, it is asked before each submit. */
const NEAR = 0.9;
/** Users and tenants that are remembered: of more, the first is forgotten. */
const KNOWN_MAX = 10_000;
const RETRY_AFTER_S = 10;

/** They never call a model of this server. */
const FREE_KINDS: ReadonlySet<string> = new Set(["external", "human"]);

export class LastingShares {
  readonly #store: Pick<Store, "list" | "dailyUsage">;
  readonly #clock: Clock;
  readonly #boundsOf: LastingBoundsOf;
  readonly #known = new Map<string, Known>();

  constructor(store: Pick<Store, "list" | "dailyUsage">, clock: Clock, boundsOf: LastingBoundsOf) {
    this.#store = store;
    this.#clock = clock;
    this.#boundsOf = boundsOf;
  }

  /** Counts one more task where there is room for sure. Where it is false, `mustHaveRoom` has to be asked. */
  haveRoom(principal: Principal): boolean {
    const { tenant, user } = principal;
    const bounds = this.#boundsOf(principal);
    const now = this.#clock.now();
    const own = this.#known.get(nameOf({ tenant, user }));
    const all = this.#known.get(nameOf({ tenant, user: null }));
    if (!isFar(own, bounds.user, now) || !isFar(all, bounds.tenant, now)) return false;
    for (const known of [own, all]) if (known !== undefined) known.open += 1;
    return true;
  }

  /** Counts one more task. Throws `rate_limited` when its user, or the user's tenant, has as many open ones as it may, or has spent its money of the day. */
  async mustHaveRoom(principal: Principal, kind: string): Promise<void> {
    const { tenant, user } = principal;
    const bounds = this.#boundsOf(principal);
    await this.#mustFit({ tenant, user }, bounds.user, kind);
    await this.#mustFit({ tenant, user: null }, bounds.tenant, kind);
  }

  async #mustFit(owner: Visible, bounds: LastingBounds, kind: string): Promise<void> {
    if (bounds.openTasks === null && bounds.usdPerDay === null) return;
    const known = this.#of(owner);
    const now = this.#clock.now();
    if (!isFar(known, bounds, now)) {
      known.reading ??= this.#read(owner, known).finally(() => {
        known.reading = null;
      });
      if (isNear(known, bounds)) await known.reading;
    }
    const whose = owner.user === null ? "Your tenant has" : "You have";
    if (bounds.openTasks !== null && known.open >= bounds.openTasks) {
      const message = `${whose} ${bounds.openTasks} open tasks, as many as there may be at once: wait until some have ended.`;
      throw new Refusal("rate_limited", message, { retryAfterS: RETRY_AFTER_S });
    }
    if (bounds.usdPerDay !== null && known.usd >= bounds.usdPerDay && !FREE_KINDS.has(kind)) {
      const message = `${whose} spent $${bounds.usdPerDay} on models today (UTC), as much as there is for a day.`;
      throw new Refusal("rate_limited", message, { retryAfterS: Math.ceil((dayOf(now) + DAY_MS - now) / 1_000) });
    }
    known.open += 1;
  }

  /** An owner that nothing is known of yet has nothing: it is asked for meanwhile. */
  #of(owner: Visible): Known {
    const name = nameOf(owner);
    const before = this.#known.get(name);
    if (before !== undefined) return before;
    const [oldest] = this.#known.size < KNOWN_MAX ? [] : this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
    const known = { at: Number.NEGATIVE_INFINITY, open: 0, usd: 0, day: 0, reading: null };
    this.#known.set(name, known);
    return known;
  }

  /** What cannot be read now is as it was. */
  async #read(owner: Visible, known: Known): Promise<void> {
    const now = this.#clock.now();
    const day = dayOf(now);
    const before = known.open;
    const [open, spent] = await Promise.allSettled([
      this.#store.list(owner, { states: OPEN_STATES }, { limit: 1 }),
      this.#store.dailyUsage.sums(owner, { from: day, before: day + DAY_MS }, ["day"], { limit: 1 }),
    ]);
    // What was added meanwhile may not be in it yet.
    if (open.status === "fulfilled") known.open = open.value.total + (known.open - before);
    if (spent.status === "fulfilled") known.usd = spent.value.total.costUsd;
    known.at = now;
    known.day = day;
  }
}

function nameOf({ tenant, user }: Visible): string {
  return `${tenant}\n${user ?? ""}`;
}

function isNear({ open, usd }: Known, { openTasks, usdPerDay }: LastingBounds): boolean {
  return (openTasks !== null && open >= NEAR * openTasks) || (usdPerDay !== null && usd >= NEAR * usdPerDay);
}

/** What was read a moment ago, and is far from each bound; or there is none. */
function isFar(known: Known | undefined, bounds: LastingBounds, now: number): boolean {
  if (bounds.openTasks === null && bounds.usdPerDay === null) return true;
  if (known === undefined || now - known.at >= REMEMBERED_MS || known.day !== dayOf(now)) return false;
  return !isNear(known, bounds);
}
