/** A caller's bounds on open tasks, money per day and stored bytes. */
import { type HeldBounds, refusalOfShare, type ShareGuard, type ShareStore } from "../../store/share-guard.ts";
import { dayOf } from "../../task/daily-usage.ts";
import type { Principal } from "../../task/principal.ts";

/** Of a principal's user and tenant; null where nothing is bounded. */
export type HeldBoundsOf = (principal: Principal) => { user: HeldBounds; tenant: HeldBounds } | null;

/** Whether a replacement is longer than what it replaces: a full share still takes one that is shorter. */
export function isLonger(after: unknown, before: unknown): boolean {
  const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
  return bytes(after) > bytes(before);
}

/** Called before anything but a task is stored: throws `rate_limited` when the principal's user or tenant has as much as it may. */
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

/** As the guard of its submits and acts; a null `principal` is the server itself. */
export function shareOf(
  boundsOf: HeldBoundsOf | undefined,
  principal: Principal | null,
  now: number,
): { share?: ShareGuard } {
  const bounds = principal === null ? null : boundsOf?.(principal);
  return principal && bounds ? { share: { ...bounds, of: principal.user, day: dayOf(now) } } : {};
}
