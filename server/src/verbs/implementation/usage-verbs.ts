/** Totals of usage, as far as the principal may see them. */
import type { Clock } from "../../engine/clock.ts";
import type { Held, HeldBounds } from "../../store/share-guard.ts";
import type { Store } from "../../store/store.ts";
import { DAY_MS, dayOf } from "../../task/daily-usage.ts";
import { Refusal } from "../../task/errors.ts";
import { mustHave, type Principal } from "../../task/principal.ts";
import { PAGE_LIMIT_MAX } from "../../task/task-filter.ts";
import { visibleTo } from "../../task/visibility.ts";
import type { HeldShare, Usage, UsageAnswer, UsageQuestion } from "../usage.ts";
import type { HeldBoundsOf } from "./share-of.ts";

function shareOf(held: Held, bounds: HeldBounds | undefined): HeldShare {
  return {
    openTasks: { held: held.openTasks, most: bounds?.openTasks ?? null },
    usdToday: { held: held.usdPerDay, most: bounds?.usdPerDay ?? null },
    storedBytes: { held: held.storedBytes, most: bounds?.storedBytes ?? null },
  };
}

/** When the question names no first day. */
const USUAL_DAYS = 30;

export class UsageVerbs implements Usage {
  readonly #store: Pick<Store, "dailyUsage" | "held">;
  readonly #clock: Clock;
  readonly #boundsOf: HeldBoundsOf;

  constructor(store: Pick<Store, "dailyUsage" | "held">, clock: Clock, boundsOf: HeldBoundsOf = () => null) {
    this.#store = store;
    this.#clock = clock;
    this.#boundsOf = boundsOf;
  }

  async share(principal: Principal): ReturnType<Usage["share"]> {
    mustHave(principal, "tasks");
    const { tenant, user, scopes } = principal;
    const day = dayOf(this.#clock.now());
    const bounds = this.#boundsOf(principal);
    const [own, all] = await Promise.all([
      this.#store.held({ tenant, user }, day),
      scopes.has("tasks:all") ? this.#store.held({ tenant, user: null }, day) : null,
    ]);
    return { user: shareOf(own, bounds?.user), tenant: all && shareOf(all, bounds?.tenant) };
  }

  async sums(
    principal: Principal,
    { groups, to: last, from: first, ...names }: UsageQuestion,
    { limit, cursor }: { limit: number; cursor?: string | undefined },
  ): Promise<UsageAnswer> {
    mustHave(principal, "tasks");
    if (names.user !== undefined && names.user !== principal.user) mustHave(principal, "tasks:all");
    const to = last ?? Math.max(dayOf(this.#clock.now()), first ?? 0);
    const from = first ?? to - (USUAL_DAYS - 1) * DAY_MS;
    if (from > to) throw new Refusal("invalid", "The first day is behind the last one.", { field: "query.from" });
    const page = { limit: Math.min(limit, PAGE_LIMIT_MAX), cursor };
    const filter = { ...names, from, before: to + DAY_MS };
    return { from, to, ...(await this.#store.dailyUsage.sums(visibleTo(principal), filter, groups, page)) };
  }
}
