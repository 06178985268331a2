/**
 * The delay before a retry: doubled each time from `baseMs` up to `maxMs`, of which a random half is taken off, so
 * that many who failed together do not come back together. What the other side asked for is a lower bound.
 */
export function backoffMs(tries: number, baseMs: number, maxMs: number, random: number, atLeastMs = 0): number {
  const full = Math.min(maxMs, baseMs * 2 ** Math.min(tries - 1, 40));
  return Math.max(atLeastMs, Math.round(full * (0.5 + random / 2)));
}
