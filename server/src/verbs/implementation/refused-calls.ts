/**
 * Entries of the audit log about calls whose key was not accepted, or lacks a scope: the first call of an address is written at once,
 * and later ones as one entry a minute with their number. So a flood of them costs the disk nothing, and a crash loses the count of the
 * last minute at most. No secret is kept, nor a part of one: it may be somebody's.
 */
import type { Clock } from "../../engine/clock.ts";
import type { AuditStore } from "../../store/audit-store.ts";
import type { AuditEntry } from "../../task/audit.ts";
import type { Origin } from "../../task/origin.ts";
import { NOBODY } from "../../task/visibility.ts";
import type { RefusedCall } from "../audit.ts";

const EVERY_MS = 60_000;
/** Addresses counted apart; all others share one entry. */
const COUNTED_MAX = 512;
const OTHERS = "others";

type Counted = { writtenAt: number; unwritten: number; last: RefusedCall };

export class RefusedCalls {
  readonly #store: Pick<AuditStore, "append">;
  readonly #clock: Clock;
  readonly #counted = new Map<string, Counted>();
  #stopLooking: (() => void) | null = null;

  constructor(store: Pick<AuditStore, "append">, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  note(call: RefusedCall): void {
    const own = `${call.principal?.keyId ?? ""}\n${call.network}`;
    const isCounted = this.#counted.has(own) || this.#counted.size < COUNTED_MAX;
    const name = isCounted ? own : OTHERS;
    const counted = this.#counted.get(name) ?? { writtenAt: Number.NEGATIVE_INFINITY, unwritten: 0, last: call };
    this.#counted.set(name, counted);
    counted.unwritten += 1;
    counted.last = call;
    this.#writeWhenDue(name, counted);
    this.#stopLooking ??= this.#clock.after(EVERY_MS, () => this.#look());
  }

  /** Writes the unwritten counts. */
  async close(): Promise<void> {
    this.#stopLooking?.();
    await Promise.all([...this.#counted].map(([name, counted]) => this.#write(name, counted)));
  }

  #look(): void {
    this.#stopLooking = null;
    for (const [name, counted] of this.#counted)
      if (counted.unwritten > 0) this.#writeWhenDue(name, counted);
      else if (this.#clock.elapsed() - counted.writtenAt >= EVERY_MS) this.#counted.delete(name);
    if (this.#counted.size > 0) this.#stopLooking = this.#clock.after(EVERY_MS, () => this.#look());
  }

  #writeWhenDue(name: string, counted: Counted): void {
    if (this.#clock.elapsed() - counted.writtenAt >= EVERY_MS) void this.#write(name, counted);
  }

  /** A count that the store refuses now is kept. */
  async #write(name: string, counted: Counted): Promise<void> {
    const count = counted.unwritten;
    if (count === 0) return;
    counted.unwritten = 0;
    counted.writtenAt = this.#clock.elapsed();
    try {
      await this.#store.append(entryOf(counted.last, count, name === OTHERS, this.#clock.now()));
    } catch {
      counted.unwritten += count;
    }
  }
}

function entryOf({ principal, origin, route }: RefusedCall, count: number, areOthers: boolean, at: number): AuditEntry {
  const from: Origin = areOthers ? { ...origin, address: OTHERS } : origin;
  const who = areOthers ? null : principal;
  return {
    ...{ tenant: who?.tenant ?? NOBODY, at, user: who?.user ?? "", keyId: who?.keyId ?? "" },
    act: who === null ? "refused.key" : "refused.scope",
    task: null,
    origin: from,
    detail: { count, route },
  };
}
