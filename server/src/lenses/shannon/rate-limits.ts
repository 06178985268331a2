/** The limits of this wire: requests of a key in a minute, an hour and a day, by its tier. */
import type { Principal } from "../../task/principal.ts";
import type { QuotaLeft, QuotaLimits, Quotas } from "../quota.ts";

/** What the contract gives to each tier. */
export const TIERS: Readonly<Record<string, QuotaLimits>> = {
  free: { minute: 60, hour: 1_000, day: 10_000 },
  pro: { minute: 200, hour: 5_000, day: 50_000 },
  max: { minute: 300, hour: 10_000, day: 100_000 },
  enterprise: { minute: 500, hour: 20_000, day: 200_000 },
  admin: { minute: 1_000, hour: 100_000, day: 1_000_000 },
};

/** A key without a tier is an `admin` where it has that scope, and else of this one. */
const USUAL_TIER = "enterprise";

/** Of a deployment that says these tiers, beside those of the contract or in their place. */
export function quotasOf(tiers: Readonly<Record<string, QuotaLimits>>): Quotas {
  const all = { ...TIERS, ...tiers };
  return {
    of: (principal) => all[tierOf(principal)] ?? all[USUAL_TIER] ?? null,
    headers,
    refusal: (window) =>
      `Too many requests. ${window} limit exceeded. Please retry after the rate limit window resets.`,
  };
}

function tierOf({ tier, scopes }: Principal): string {
  return tier ?? (scopes.has("admin") ? "admin" : USUAL_TIER);
}

/** The contract's two spellings: by the names of the windows, and those of the minute without. */
function headers({ minute, hour }: QuotaLeft): Record<string, string> {
  return {
    "x-ratelimit-limit": String(minute.limit),
    "x-ratelimit-remaining": String(minute.remaining),
    "x-ratelimit-reset": String(minute.resetAt),
    "x-ratelimit-limit-minute": String(minute.limit),
    "x-ratelimit-remaining-minute": String(minute.remaining),
    "x-ratelimit-limit-hour": String(hour.limit),
    "x-ratelimit-remaining-hour": String(hour.remaining),
  };
}
