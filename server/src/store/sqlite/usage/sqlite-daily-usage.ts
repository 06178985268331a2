/** The verbs of the store on daily usage, over its channels. Like the rest of this side it knows no SQL. */
import type { UsageFilter, UsageGroup } from "../../../task/daily-usage.ts";
import type { Visible } from "../../../task/visibility.ts";
import { addedUsage } from "../../codec/daily-usage.ts";
import { decodeUsagePlace, encodeUsagePlace, usageRowOf, usageSumOf } from "../../codec/daily-usage-rows.ts";
import type { DailyUsageStore, UsagePage } from "../../daily-usage-store.ts";
import { orDamaged } from "../../damage.ts";
import type { Payment } from "../../unwritten-usage.ts";
import type { Channels } from "../thread/channels.ts";

export class SqliteDailyUsage implements DailyUsageStore {
  readonly #writes: Channels["writes"];
  readonly #searches: Channels["searches"];
  readonly #damage: Channels["damage"];

  constructor({ writes, searches, damage }: Omit<Channels, "reads">) {
    this.#writes = writes;
    this.#searches = searches;
    this.#damage = damage;
  }

  async add({ id, place, owner, at, calls }: Payment): Promise<void> {
    await this.#writes.send("addUsage", { id, place, owner, at, added: addedUsage(owner, at, calls) });
  }

  sums(visible: Visible, filter: UsageFilter, groups: readonly UsageGroup[], { limit, cursor }: UsagePage) {
    const after = cursor === undefined ? null : decodeUsagePlace(cursor, groups);
    return orDamaged("daily usage", async () => {
      const found = await this.#searches.send("dailyUsage", { visible, filter, groups, limit, after });
      const rows = found.rows.flatMap(
        (row) => this.#damage.orLeftOut("row of daily usage", () => usageRowOf(row)) ?? [],
      );
      const last = rows.at(-1);
      return { rows, total: usageSumOf(found.total), next: found.more && last ? encodeUsagePlace(last) : null };
    });
  }
}
