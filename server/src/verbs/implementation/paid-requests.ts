/**
 * Payments for models in requests that belong to no task: the vectors of a search, a text that a model judges. A payment is on disk
 * before the request is answered, and counts for the money of a day.
 */
import type { Clock } from "../../engine/clock.ts";
import type { Ids } from "../../engine/ids.ts";
import { Reservations } from "../../engine/reservations.ts";
import { refusalOfShare } from "../../store/share-guard.ts";
import type { Store } from "../../store/store.ts";
import type { Payment, UnwrittenUsageFile } from "../../store/unwritten-usage.ts";
import { dayOf, moneyAccountOf } from "../../task/daily-usage.ts";
import { Refusal } from "../../task/errors.ts";
import type { Principal } from "../../task/principal.ts";
import type { CountedCall } from "../../task/usage.ts";
import type { Visible } from "../../task/visibility.ts";
import type { HeldBoundsOf } from "./share-of.ts";

/** Keeps payments that the store refuses. */
export type UnwrittenUsage = Pick<UnwrittenUsageFile, "read" | "lay" | "keep" | "clear">;
/** `kept` is whether it outlives this process. */
type Waiting = { payment: Payment; kept: boolean };

export type OnPaid = (call: CountedCall) => void;

/** What a request that may have to pay can do. */
export type Paying = {
  onPaid: OnPaid;
  /**
   * Reserves the most that is about to be paid from the money of the day, until the actual payment is counted. Once per request: the
   * reason why it may not be paid, or null.
   */
  reserve: (costUsd: number) => Promise<Refusal | null>;
};

type PaidRequestsParts = {
  /** Absent: a day's money is not bounded. */
  boundsOf?: HeldBoundsOf | undefined;
  /** Other reservations of this process on the same money. */
  reservations?: Reservations;
  /** Called for each paid call, for the metrics. */
  told?: (call: CountedCall) => void;
  /** Called for payments that could not be counted, with the reason. */
  lost?: (error: unknown, payments: readonly Payment[]) => void;
  /** Absent: payments that a full disk refuses are in memory only. */
  unwritten?: UnwrittenUsage;
  /** Runs the work of a request as a part of its caller's trace. */
  traced?: <Result>(name: string, principal: Principal, work: () => Promise<Result>) => Promise<Result>;
};

type Look = { spent: Refusal | null; full: Refusal | null; seen: { task: string; version: number }[] };

/** Payments refused by a full disk that wait for another try. */
const WAITING_MAX = 10_000;
const AGAIN_MS = 1_000;
/** How long a request waits for calls under way, which may leave it enough of a day's money. */
const OTHERS_MS_MAX = 10_000;

export class PaidRequests {
  readonly #store: Pick<Store, "dailyUsage" | "held">;
  readonly #clock: Clock;
  readonly #boundsOf: HeldBoundsOf;
  readonly #reservations: Reservations;
  readonly #told: (call: CountedCall) => void;
  readonly #lost: NonNullable<PaidRequestsParts["lost"]>;
  readonly #traced: NonNullable<PaidRequestsParts["traced"]>;
  readonly #file: UnwrittenUsage | null;
  readonly #ids: Pick<Ids, "uuid">;
  readonly #waiting: Waiting[] = [];
  /** Rows of this process's payments: the store remembers the last one in each, so there are as many as were under way at once. */
  readonly #places;
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
    this.#reservations = parts.reservations ?? new Reservations();
    this.#told = parts.told ?? (() => {});
    this.#lost = parts.lost ?? (() => {});
    this.#traced = parts.traced ?? ((_name, _principal, work) => work());
    this.#file = parts.unwritten ?? null;
    this.#places = new PaymentPlaces(ids.uuid(clock.now()));
  }

  /** Continues with unwritten payments of the process before. */
  goOn(): void {
    this.#waiting.push(...(this.#file?.read() ?? []).map((payment) => ({ payment, kept: true })));
    this.#going = this.#again();
  }

  /**
   * Reserves this amount for the principal today under `key`: null once it is reserved, otherwise the reason against it. Reservations
   * of others are waited for a while.
   */
  async #reserve(principal: Principal, key: string, costUsd: number): Promise<Refusal | null> {
    if (costUsd === 0) return null;
    const until = Promise.withResolvers<void>();
    const forget = this.#clock.after(OTHERS_MS_MAX, until.resolve);
    let isLate = false;
    void until.promise.then(() => {
      isLate = true;
    });
    try {
      for (;;) {
        const { spent, full, seen } = await this.#look(principal, costUsd);
        if (spent) return spent;
        if (!full && this.#reservations.take(key, { tokens: 0, costUsd }, seen)) return null;
        if (full && isLate) return full;
        if (full) await Promise.race([this.#reservations.changedSince(seen), until.promise]);
      }
    } finally {
      forget();
    }
  }

  /** `spent`: nothing is left for the principal. `full`: calls under way may leave too little. */
  async #look(principal: Principal, costUsd: number): Promise<Look> {
    const bounds = this.#boundsOf(principal);
    const look: Look = { spent: null, full: null, seen: [] };
    const now = this.#clock.now();
    for (const whose of ["user", "tenant"] as const) {
      const most = bounds?.[whose].usdPerDay ?? null;
      if (most === null) continue;
      const owner = { tenant: principal.tenant, user: whose === "user" ? principal.user : null };
      const task = moneyAccountOf(owner);
      // Before the spent amount is read: a call that ends meanwhile changes the version.
      const { reserved, version } = this.#reservations.of(task);
      look.seen.push({ task, version });
      const { usdPerDay } = await this.#store.held(owner, dayOf(now));
      const spent = usdPerDay + this.#waitingUsd(owner, dayOf(now));
      const refusal = () => refusalOfShare({ why: "share", whose, bound: "usdPerDay", most }, now);
      if (spent >= most) look.spent = refusal();
      else if (reserved.costUsd > 0 && spent + reserved.costUsd + costUsd > most) look.full = refusal();
    }
    return look;
  }

  /** Payments from the money of the day that began at `day`, not yet written. */
  #waitingUsd({ tenant, user }: Visible, day: number): number {
    const owned = this.#waiting.filter(
      ({ payment: { owner } }) => owner.tenant === tenant && (user === null || owner.user === user),
    );
    return usdOf(
      owned.map(({ payment }) => payment),
      day,
    );
  }

  /**
   * Payments of `work` count for the principal, however it ends; `name` is its name in a trace. With `onPaid` the caller counts them
   * instead.
   */
  async counted<Result>(
    name: string,
    principal: Principal,
    work: (paying: Paying) => Promise<Result>,
    onPaid?: OnPaid,
  ): Promise<Result> {
    const { tenant, user } = principal;
    const calls: CountedCall[] = [];
    const key = this.#ids.uuid(this.#clock.now());
    try {
      const reserve = (costUsd: number) => this.#reserve(principal, key, costUsd);
      const paying: Paying = { onPaid: onPaid ?? ((call) => void calls.push(call)), reserve };
      return await this.#traced(name, principal, () => work(paying));
    } finally {
      if (calls.length > 0) await this.#write({ tenant, user }, calls);
      this.#reservations.giveBack(key);
    }
  }

  async #write(owner: Payment["owner"], calls: CountedCall[]): Promise<void> {
    for (const call of calls) this.#told(call);
    const at = this.#clock.now();
    const payment = { id: this.#ids.uuid(at), place: this.#places.take(), owner, at, calls };
    if ((await this.#outcomeOf(payment)) === "done") return this.#places.giveBack(payment.place);
    if (this.#waiting.length >= WAITING_MAX) {
      this.#places.giveBack(payment.place);
      return this.#lost(new Error("Too much waits for room on the disk."), [payment]);
    }
    this.#waiting.push({ payment, kept: this.#file?.keep(payment) ?? false });
    this.#later();
  }

  /** A payment that a full disk refuses is written again when there is room; the store counts it once. */
  async #outcomeOf(payment: Payment): Promise<"done" | "again"> {
    try {
      await this.#store.dailyUsage.add(payment);
    } catch (error) {
      if (error instanceof Refusal && error.code === "unavailable") return "again";
      this.#lost(error, [payment]);
    }
    return "done";
  }

  /** After a last try. What is still refused goes on at the next start, or is reported. */
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
    // The first stays in its place until it is written: a close that comes meanwhile waits for it.
    for (let next = this.#waiting[0]; next !== undefined && !this.#closed; next = this.#waiting[0]) {
      if ((await this.#outcomeOf(next.payment)) === "again") return this.#later();
      this.#waiting.shift();
      // The next process may write a kept payment again, and must recognise it.
      if (!next.kept) this.#places.giveBack(next.payment.place);
    }
    if (this.#waiting.length > 0) return;
    this.#file?.clear();
    this.#file?.lay();
  }
}

class PaymentPlaces {
  readonly #process: string;
  readonly #free: string[] = [];
  #made = 0;

  /** `process` is a name that no other process has. */
  constructor(process: string) {
    this.#process = process;
  }

  take(): string {
    return this.#free.pop() ?? `${this.#process} ${this.#made++}`;
  }

  /** The payment that had it is never written again. */
  giveBack(place: string): void {
    this.#free.push(place);
  }
}

/** The cost of these on the day that began at `day`. */
function usdOf(payments: readonly Payment[], day: number): number {
  const calls = payments.flatMap(({ at, calls }) => (dayOf(at) === day ? calls : []));
  return calls.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0);
}
