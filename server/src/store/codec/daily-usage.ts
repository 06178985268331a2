/**
 * The arithmetic of daily usage. Collects what the calls of one transaction cost, so that each sum is written once,
 * however many tasks were paid for in it.
 */
import { dayOf } from "../../task/daily-usage.ts";
import type { CountedCall } from "../../task/usage.ts";

type UsageKey = [tenant: string, day: number, user: string, agent: string, provider: string, model: string];
type UsageCounts = [
  calls: number,
  inputTokens: number,
  outputTokens: number,
  cacheReadTokens: number,
  cacheWriteTokens: number,
  costUsd: number,
  unpricedCalls: number,
  estimatedCalls: number,
];
export type AddedUsage = { key: UsageKey; added: UsageCounts };

/** What a request has paid that is no task. */
export type PreparedPayment = {
  id: string;
  place: string;
  owner: { tenant: string; user: string };
  at: number;
  added: AddedUsage[];
};

/** Longer names, which only a handler of one's own can give, are told apart by their beginning. */
const NAME_CHARACTERS_MAX = 255;

/** What calls of this owner add to the day of the moment at which they are recorded. */
export function addedUsage(
  { tenant, user }: { tenant: string; user: string },
  at: number,
  calls: readonly CountedCall[],
): AddedUsage[] {
  return calls.map((call) => ({
    key: [tenant, dayOf(at), user, shortened(call.agent), shortened(call.provider), shortened(call.model)],
    added: [
      1,
      call.inputTokens,
      call.outputTokens,
      call.cacheReadTokens,
      call.cacheWriteTokens,
      call.costUsd ?? 0,
      call.costUsd === null ? 1 : 0,
      call.estimated ? 1 : 0,
    ],
  }));
}

export class DailyUsageDelta {
  readonly #sums = new Map<string, AddedUsage>();

  add({ key, added }: AddedUsage): void {
    const name = JSON.stringify(key);
    const known = this.#sums.get(name);
    if (known) for (const [at, count] of added.entries()) known.added[at] = (known.added[at] ?? 0) + count;
    else this.#sums.set(name, { key, added: [...added] });
  }

  /** What each sum gains since the last call. */
  take(): AddedUsage[] {
    if (this.#sums.size === 0) return [];
    const sums = [...this.#sums.values()];
    this.clear();
    return sums;
  }

  clear(): void {
    this.#sums.clear();
  }
}

function shortened(name: string): string {
  return name.slice(0, NAME_CHARACTERS_MAX).toWellFormed();
}
