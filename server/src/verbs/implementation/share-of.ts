/** What a caller may hold for good: open tasks, money of a day and stored bytes. */
import { type HeldBounds, refusalOfShare, type ShareGuard, type ShareStore } from "../../store/share-guard.ts";
import { dayOf } from "../../task/daily-usage.ts";
import type { Principal } from "../../task/principal.ts";

/** Of a principal's user and tenant; null where nothing is bounded. */
export type HeldBoundsOf = (principal: Principal) => { user: HeldBounds; tenant: HeldBounds } | null;

/** Whether what is to be kept in the place of something takes more than that did: of whoever is full, what shortens is taken. */
export function isLonger(after: unknown, before: unknown): boolean {
  const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
  return bytes(after) > bytes(before);
}

/** Before what is no task is kept: throws `rate_limited` when the principal's user or tenant has as much stored as it may. */
export async function mustHoldMore(
  store: ShareStore,
  boundsOf: HeldBoundsOf | undefined,
  principal: Principal,
  now: number,
): Promise<void> {
  const bounds = boundsOf?.(principal);
  if (!bounds) return;
  const { tenant, user } = principal;
  for (const whose of ["user", "tenant"] as const) {
    const most = bounds[whose].storedBytes;
    if (most === null) continue;
    const { storedBytes } = await store.held({ tenant, user: whose === "user" ? user : null }, dayOf(now));
    if (storedBytes >= most) throw refusalOfShare({ why: "share", whose, bound: "storedBytes", most }, now);
  }
}

/** As the guard of what it submits and does; `principal` null is the server itself. */
export function shareOf(
  boundsOf: HeldBoundsOf | undefined,
  principal: Principal | null,
  now: number,
): { share?: ShareGuard } {
  const bounds = principal === null ? null : boundsOf?.(principal);
  return principal && bounds ? { share: { ...bounds, of: principal.user, day: dayOf(now) } } : {};
}
