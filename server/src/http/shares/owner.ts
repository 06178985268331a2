/** The current use of one share: of a key, tenant or address. */
import type { AddressShare } from "./share.ts";

const MINUTE_MS = 60_000;
/** Openings of a second that may come at once after a pause. */
const AT_ONCE_MAX = 256;
/** An opening that would wait longer is refused. */
export const TURN_MS_MAX = 10_000;

export type Opening = "streams" | "connections";
/** The bounds of a share on openings within a minute. */
type Opens = AddressShare & { [Name in `${Opening}PerMinute`]?: number | null };

type Kind = "key" | "tenant" | "address";
const WHOSE: Readonly<Record<Kind, string>> = { key: "this key", tenant: "your tenant", address: "your address" };

export class Owner<Bounds extends AddressShare = AddressShare> {
  /** Which of its kind it is. */
  readonly name: string;
  readonly share: Bounds;
  /** The `RateLimit-Policy` header for its share of requests. */
  readonly policy: string;
  /** Its name for clients. */
  readonly whose: string;
  readonly #kind: string;
  requests = 0;
  streams = 0;
  searches = 0;
  bodiesBytes = 0;
  #minuteFrom = Number.NEGATIVE_INFINITY;
  #ofMinute = 0;
  /** When the next opening of each kind may come. */
  readonly #nextAt = { streams: Number.NEGATIVE_INFINITY, connections: Number.NEGATIVE_INFINITY };

  constructor(kind: Kind, name: string, share: Bounds) {
    this.#kind = kind;
    this.whose = WHOSE[kind];
    this.name = name;
    this.share = share;
    this.policy = `"${kind}";q=${share.requestsPerMinute};w=60`;
  }

  /** Whether it can be forgotten without loss. */
  isIdle(now: number): boolean {
    const { requests, streams, searches, bodiesBytes } = this;
    return requests + streams + searches + bodiesBytes === 0 && now - this.#minuteFrom >= MINUTE_MS;
  }

  /** Counts requests in this minute. */
  count(now: number, requests = 1): void {
    if (now - this.#minuteFrom >= MINUTE_MS) {
      this.#minuteFrom = now;
      this.#ofMinute = 0;
    }
    this.#ofMinute += requests;
  }

  /** Takes back counted requests. */
  uncount(requests = 1): void {
    this.#ofMinute -= requests;
  }

  /** Requests left in this minute; negative when one too many was counted. */
  left(): number {
    return (this.share.requestsPerMinute ?? Number.POSITIVE_INFINITY) - this.#ofMinute;
  }

  /** Seconds until the minute is over. */
  resetS(now: number): number {
    return Math.max(1, Math.ceil((MINUTE_MS - (now - this.#minuteFrom)) / 1_000));
  }

  /** How long an opening would wait. */
  waitMs(what: Opening, now: number): number {
    return Math.max(0, this.#turnAt(what, now) - now);
  }

  /** Takes the place of an opening. */
  takeTurn(what: Opening, now: number): void {
    this.#nextAt[what] = this.#turnAt(what, now) + this.#stepMs(what);
  }

  #turnAt(what: Opening, now: number): number {
    const perMinute = this.#perMinute(what);
    if (perMinute === null) return now;
    const atOnce = Math.min(AT_ONCE_MAX, Math.max(1, Math.floor(perMinute / 60)));
    return Math.max(this.#nextAt[what], now - (atOnce - 1) * this.#stepMs(what));
  }

  /** Time between two openings; none if any number may open. */
  #stepMs(what: Opening): number {
    const perMinute = this.#perMinute(what);
    return perMinute === null ? 0 : MINUTE_MS / perMinute;
  }

  #perMinute(what: Opening): number | null {
    const { [`${what}PerMinute` as const]: perMinute = null }: Opens = this.share;
    return perMinute;
  }

  /** Whether a count is beyond its bound. */
  exceeds(name: "requests" | "bodiesBytes"): boolean {
    const bound = this.share[name];
    return bound !== null && this[name] > bound;
  }

  /** Headers about it for clients: the draft's fields, and the older ones that most clients read. */
  headers(now: number): Record<string, string> {
    const left = String(Math.max(0, this.left()));
    const reset = String(this.resetS(now));
    return {
      "ratelimit-policy": this.policy,
      ratelimit: `"${this.#kind}";r=${left};t=${reset}`,
      "ratelimit-limit": String(this.share.requestsPerMinute),
      "ratelimit-remaining": left,
      "ratelimit-reset": reset,
    };
  }
}

/** Owners of one kind that are counted at once: beyond that, those idle for longest are forgotten. */
const OWNERS_MAX = 20_000;
/** Owners looked at to find an idle one. */
const LOOKED_AT_MAX = 32;

export class Owners<Bounds extends AddressShare> {
  readonly #kind: Kind;
  /** In order of arrival. */
  readonly #all = new Map<string, Owner<Bounds>>();

  constructor(kind: Kind) {
    this.#kind = kind;
  }

  get size(): number {
    return this.#all.size;
  }

  /** The owner of this name; a new one gets `share`. */
  of(name: string, share: Bounds, now: number): Owner<Bounds> {
    const known = this.#all.get(name);
    if (known !== undefined) return known;
    if (this.#all.size >= OWNERS_MAX) this.#forgetOne(now);
    const owner = new Owner(this.#kind, name, share);
    this.#all.set(name, owner);
    return owner;
  }

  #forgetOne(now: number): void {
    let looked = 0;
    for (const [name, owner] of this.#all) {
      if (owner.isIdle(now)) {
        this.#all.delete(name);
        return;
      }
      looked += 1;
      if (looked === LOOKED_AT_MAX) break;
    }
    // What the oldest one has in work is still given back to it; only its count of requests begins anew.
    const [oldest] = this.#all.keys();
    if (oldest !== undefined) this.#all.delete(oldest);
  }
}
