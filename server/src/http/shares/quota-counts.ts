/** Counts the requests of each key in the current minute, hour and day, for lenses whose contracts have such limits. */
import { QUOTA_WINDOWS, type QuotaLeft, type QuotaLimits, type QuotaWindow } from "../../lenses/quota.ts";

const WINDOW_S: Readonly<Record<QuotaWindow, number>> = { minute: 60, hour: 3_600, day: 86_400 };
/** Keys counted at once: beyond that, the oldest begin anew. */
const COUNTED_MAX = 20_000;

type Count = { window: number; requests: number };

export class QuotaCounts {
  readonly #counts = new Map<string, Record<QuotaWindow, Count>>();

  /** Counts a request, unless one of its windows is used up; names that window then. `now` is in milliseconds since 1970. */
  take(key: string, limits: QuotaLimits, now: number): { left: QuotaLeft; usedUp: QuotaWindow | null } {
    const counts = this.#of(key);
    const seconds = now / 1_000;
    for (const name of QUOTA_WINDOWS) {
      const window = Math.floor(seconds / WINDOW_S[name]);
      if (counts[name].window !== window) counts[name] = { window, requests: 0 };
    }
    const usedUp = QUOTA_WINDOWS.find((name) => counts[name].requests >= limits[name]) ?? null;
    if (usedUp === null) for (const name of QUOTA_WINDOWS) counts[name].requests += 1;
    const leftOf = (name: QuotaWindow) => ({
      limit: limits[name],
      remaining: Math.max(0, limits[name] - counts[name].requests),
      resetAt: (counts[name].window + 1) * WINDOW_S[name],
    });
    return { left: { minute: leftOf("minute"), hour: leftOf("hour"), day: leftOf("day") }, usedUp };
  }

  #of(key: string): Record<QuotaWindow, Count> {
    const known = this.#counts.get(key);
    if (known !== undefined) return known;
    const [oldest] = this.#counts.size < COUNTED_MAX ? [] : this.#counts.keys();
    if (oldest !== undefined) this.#counts.delete(oldest);
    const none = () => ({ window: 0, requests: 0 });
    const counts = { minute: none(), hour: none(), day: none() };
    this.#counts.set(key, counts);
    return counts;
  }
}
