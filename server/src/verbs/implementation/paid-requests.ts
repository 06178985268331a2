/**
 * What models are paid for requests that belong to no task: the vectors of a search, a text that a model judges. It is on
 * disk before the request is answered, and counts for the money of a day.
 */
import type { Clock } from "../../engine/clock.ts";
import { refusalOfShare } from "../../store/share-guard.ts";
import type { Store } from "../../store/store.ts";
import { dayOf } from "../../task/daily-usage.ts";
import { Refusal } from "../../task/errors.ts";
import type { Principal } from "../../task/principal.ts";
import type { CountedCall } from "../../task/usage.ts";
import type { HeldBoundsOf } from "./share-of.ts";

type Owner = Pick<Principal, "tenant" | "user">;
type Unwritten = { owner: Owner; at: number; calls: readonly CountedCall[] };

/** What a request may do that may have to pay. */
export type Paying = {
  onPaid: (call: CountedCall) => void;
  /** Why nothing more may be paid today; null where it may. */
  refusal: () => Promise<Refusal | null>;
};

type PaidRequestsParts = {
  /** Absent: a day's money is not bounded. */
  boundsOf?: HeldBoundsOf | undefined;
  /** Hears of each call, for the metrics. */
  told?: (call: CountedCall) => void;
  /** Hears why something could not be counted. */
  lost?: (error: unknown) => void;
  /** Does the work of a request as a part of its caller's trace. */
  traced?: <Result>(name: string, principal: Principal, work: () => Promise<Result>) => Promise<Result>;
};

/** Calls that a full disk did not take and that wait for another try. */
const UNWRITTEN_MAX = 10_000;
const AGAIN_MS = 1_000;

export class PaidRequests {
  readonly #store: Pick<Store, "dailyUsage" | "held">;
  readonly #clock: Clock;
  readonly #boundsOf: HeldBoundsOf;
  readonly #told: (call: CountedCall) => void;
  readonly #lost: (error: unknown) => void;
  readonly #traced: NonNullable<PaidRequestsParts["traced"]>;
  readonly #unwritten: Unwritten[] = [];
  #waiting: (() => void) | null = null;

  constructor(store: Pick<Store, "dailyUsage" | "held">, clock: Clock, parts: PaidRequestsParts = {}) {
    this.#store = store;
    this.#clock = clock;
    this.#boundsOf = parts.boundsOf ?? (() => null);
    this.#told = parts.told ?? (() => {});
    this.#lost = parts.lost ?? (() => {});
    this.#traced = parts.traced ?? ((_name, _principal, work) => work());
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
      if (held.usdPerDay >= most) return refusalOfShare({ why: "share", whose, bound: "usdPerDay", most }, now);
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
      if (calls.length > 0) await this.#write({ owner: { tenant, user }, at: this.#clock.now(), calls });
    }
  }

  async #write(paid: Unwritten): Promise<void> {
    for (const call of paid.calls) this.#told(call);
    if ((await this.#outcomeOf(paid)) === "done") return;
    if (this.#unwritten.length >= UNWRITTEN_MAX) return this.#lost(new Error("Too much waits for room on the disk."));
    this.#unwritten.push(paid);
    this.#later();
  }

  /** What a full disk refuses is written again when there is room. */
  async #outcomeOf({ owner, at, calls }: Unwritten): Promise<"done" | "again"> {
    try {
      await this.#store.dailyUsage.add(owner, at, calls);
    } catch (error) {
      if (error instanceof Refusal && error.code === "unavailable") return "again";
      this.#lost(error);
    }
    return "done";
  }

  /** After a last try. */
  async close(): Promise<void> {
    this.#waiting?.();
    await Promise.all(this.#unwritten.splice(0).map((paid) => this.#outcomeOf(paid)));
  }

  #later(): void {
    this.#waiting ??= this.#clock.after(AGAIN_MS, () => void this.#again());
  }

  async #again(): Promise<void> {
    // Taken out first: nobody else writes it meanwhile, also not a close.
    for (let paid = this.#unwritten.shift(); paid !== undefined; paid = this.#unwritten.shift()) {
      if ((await this.#outcomeOf(paid)) === "done") continue;
      this.#unwritten.unshift(paid);
      break;
    }
    this.#waiting = null;
    if (this.#unwritten.length > 0) this.#later();
  }
}
