/** Totals of usage, as far as whoever asks may know them. */
import type { Clock } from "../../engine/clock.ts";
import type { Store } from "../../store/store.ts";
import { DAY_MS, dayOf } from "../../task/daily-usage.ts";
import { Refusal } from "../../task/errors.ts";
import { mustHave, type Principal } from "../../task/principal.ts";
import { PAGE_LIMIT_MAX } from "../../task/task-filter.ts";
import { visibleTo } from "../../task/visibility.ts";
import type { Usage, UsageAnswer, UsageQuestion } from "../usage.ts";

/** When nobody says from when on. */
const USUAL_DAYS = 30;

export class UsageVerbs implements Usage {
  readonly #store: Pick<Store, "dailyUsage">;
  readonly #clock: Clock;

  constructor(store: Pick<Store, "dailyUsage">, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
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
