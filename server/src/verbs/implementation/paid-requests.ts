/**
 * What models are paid for requests that belong to no task: the vectors of a search, a text that a model judges. It is on
 * disk before the request is answered, and counts for the money of a day.
 */
import type { Clock } from "../../engine/clock.ts";
import type { Ids } from "../../engine/ids.ts";
import { refusalOfShare } from "../../store/share-guard.ts";
import type { Store } from "../../store/store.ts";
import type { Payment, UnwrittenUsageFile } from "../../store/unwritten-usage.ts";
import { dayOf } from "../../task/daily-usage.ts";
import { Refusal } from "../../task/errors.ts";
import type { Principal } from "../../task/principal.ts";
import type { CountedCall } from "../../task/usage.ts";
import type { HeldBoundsOf } from "./share-of.ts";

/** Where payments are safe that the store takes none of. */
export type UnwrittenUsage = Pick<UnwrittenUsageFile, "read" | "lay" | "keep" | "clear">;
/** `kept` is whether it outlives this process. */
type Waiting = { payment: Payment; kept: boolean };

export type OnPaid = (call: CountedCall) => void;

/** What a request may do that may have to pay. */
export type Paying = {
  onPaid: OnPaid;
  /** Why nothing more may be paid today; null where it may. */
  refusal: () => Promise<Refusal | null>;
};

type PaidRequestsParts = {
  /** Absent: a day's money is not bounded. */
  boundsOf?: HeldBoundsOf | undefined;
  /** Hears of each call, for the metrics. */
  told?: (call: CountedCall) => void;
  /** Hears what could not be counted, and why. */
  lost?: (error: unknown, payments: readonly Payment[]) => void;
  /** Absent: what a full disk refuses is in memory alone. */
  unwritten?: UnwrittenUsage;
  /** Does the work of a request as a part of its caller's trace. */
  traced?: <Result>(name: string, principal: Principal, work: () => Promise<Result>) => Promise<Result>;
};

/** Calls that a full disk did not take and that wait for another try. */
const WAITING_MAX = 10_000;
const AGAIN_MS = 1_000;

export class PaidRequests {
  readonly #store: Pick<Store, "dailyUsage" | "held">;
  readonly #clock: Clock;
  readonly #boundsOf: HeldBoundsOf;
  readonly #told: (call: CountedCall) => void;
  readonly #lost: NonNullable<PaidRequestsParts["lost"]>;
  readonly #traced: NonNullable<PaidRequestsParts["traced"]>;
  readonly #file: UnwrittenUsage | null;
  readonly #ids: Pick<Ids, "uuid">;
  readonly #waiting: Waiting[] = [];
  #cancel: (() => void) | null = null;
  #going: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(
    store: Pick<Store, "dailyUsage" | "held">,
    clock: Clock,
    ids: Pick<Ids, "uuid">,
    parts: PaidRequestsParts = {},
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#ids = ids;
    this.#boundsOf = parts.boundsOf ?? (() => null);
    this.#told = parts.told ?? (() => {});
    this.#lost = parts.lost ?? (() => {});
    this.#traced = parts.traced ?? ((_name, _principal, work) => work());
    this.#file = parts.unwritten ?? null;
  }

  /** Goes on with what a process before has not written. */
  goOn(): void {
    this.#waiting.push(...(this.#file?.read() ?? []).map((payment) => ({ payment, kept: true })));
    this.#going = this.#again();
  }

  /** Why nothing more may be paid for this principal today; null where it may. */
  async refusal(principal: Principal): Promise<Refusal | null> {
    const bounds = this.#boundsOf(principal);
    if (bounds === null) return null;
    const { tenant, user } = principal;
    const now = this.#clock.now();
    for (const whose of ["user", "tenant"] as const) {
      const most = bounds[whose].usdPerDay;
      if (most === null) continue;
      const held = await this.#store.held({ tenant, user: whose === "user" ? user : null }, dayOf(now));
      const owned = this.#waiting.map(({ payment }) => payment).filter(({ owner }) => owner.tenant === tenant);
      const waiting = whose === "user" ? owned.filter(({ owner }) => owner.user === user) : owned;
      if (held.usdPerDay + usdOf(waiting, dayOf(now)) >= most)
        return refusalOfShare({ why: "share", whose, bound: "usdPerDay", most }, now);
    }
    return null;
  }

  /** What `work` pays counts for the principal, however it ends; `name` is what a trace calls the request. */
  async counted<Result>(
    name: string,
    principal: Principal,
    work: (paying: Paying) => Promise<Result>,
  ): Promise<Result> {
    const { tenant, user } = principal;
    const calls: CountedCall[] = [];
    try {
      const paying: Paying = { onPaid: (call) => calls.push(call), refusal: () => this.refusal(principal) };
      return await this.#traced(name, principal, () => work(paying));
    } finally {
      if (calls.length > 0) await this.#write({ tenant, user }, calls);
    }
  }

  async #write(owner: Payment["owner"], calls: CountedCall[]): Promise<void> {
    for (const call of calls) this.#told(call);
    const at = this.#clock.now();
    const payment = { id: this.#ids.uuid(at), owner, at, calls };
    if ((await this.#outcomeOf(payment)) === "done") return;
    if (this.#waiting.length >= WAITING_MAX)
      return this.#lost(new Error("Too much waits for room on the disk."), [payment]);
    this.#waiting.push({ payment, kept: this.#file?.keep(payment) ?? false });
    this.#later();
  }

  /** What a full disk refuses is written again when there is room; the store counts it once. */
  async #outcomeOf(payment: Payment): Promise<"done" | "again"> {
    try {
      await this.#store.dailyUsage.add(payment);
    } catch (error) {
      if (error instanceof Refusal && error.code === "unavailable") return "again";
      this.#lost(error, [payment]);
    }
    return "done";
  }

  /** After a last try. What is refused still goes on with the next start, or is told. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    await this.#going;
    const waiting = this.#waiting.splice(0);
    const outcomes = await Promise.all(waiting.map(({ payment }) => this.#outcomeOf(payment)));
    const left = waiting.filter((_, at) => outcomes[at] === "again");
    if (left.length === 0) this.#file?.clear();
    const lost = left.flatMap(({ payment, kept }) => (kept ? [] : [payment]));
    if (lost.length > 0) this.#lost(new Error("The disk was full until the end."), lost);
  }

  #later(): void {
    this.#cancel ??= this.#clock.after(AGAIN_MS, () => {
      this.#cancel = null;
      this.#going = this.#again();
    });
  }

  async #again(): Promise<void> {
    // The first stays in its place until it is written: a close that comes meanwhile waits for this one.
    for (let next = this.#waiting[0]; next !== undefined && !this.#closed; next = this.#waiting[0]) {
      if ((await this.#outcomeOf(next.payment)) === "again") return this.#later();
      this.#waiting.shift();
    }
    if (this.#waiting.length > 0) return;
    this.#file?.clear();
    this.#file?.lay();
  }
}

/** What these have cost on the day that began then. */
function usdOf(payments: readonly Payment[], day: number): number {
  const calls = payments.flatMap(({ at, calls }) => (dayOf(at) === day ? calls : []));
  return calls.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0);
}
