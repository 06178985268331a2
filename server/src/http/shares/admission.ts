/**
 * Admits requests within their callers' shares, and counts them until their answers are out. A request counts for its address until its
 * key is accepted, and then for that key and its tenant; so callers with a key share nothing with others at the same address. Counts
 * are of this process: a request to another one counts there.
 *
 * @fastify/rate-limit and rate-limiter-flexible count requests only, for one name each, with a promise or a timer per name; here a
 * request counts for two owners and in five ways, in less than a microsecond.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Incoming } from "../../lenses/incoming.ts";
import type { Admission } from "../../lenses/lens-parts.ts";
import type { Quotas } from "../../lenses/quota.ts";
import { Refusal } from "../../task/errors.ts";
import { shareKeyOf } from "../../task/key.ts";
import type { Principal } from "../../task/principal.ts";
import type { Connections } from "../connections/connections.ts";
import { networkOf } from "../network.ts";
import { Beginnings } from "./beginnings.ts";
import { Openings } from "./openings.ts";
import { type Opening, type Owner, Owners, TURN_MS_MAX } from "./owner.ts";
import { QuotaCounts } from "./quota-counts.ts";
import { type AddressShare, type Share, type Shares, shareOfKey, shareOfTenant } from "./share.ts";

type Known = readonly [key: Owner<Share>, tenant: Owner<Share>];

/** Whose share a request counts in. */
export type Counted = {
  address: Owner<AddressShare>;
  known: Known | null;
  isHeld: boolean;
  isSearch: boolean;
  bodiesBytes: number;
  /** Headers of its answer, with the rest of its share. */
  headers: Readonly<Record<string, string>>;
};

declare module "fastify" {
  interface FastifyRequest {
    counted: Counted | null;
  }
}

const NO_HEADERS = {};
/** Streams and new connections that open in one turn of the event loop. */
const OPEN_AT_ONCE_MAX = 48;

/** `held` is called for each request whose answer is held. */
type AdmissionParts = { isProxied: boolean; now: () => number; held?: (request: Incoming) => void };

export class RequestAdmission implements Admission {
  readonly #shares: Shares;
  readonly #connections: Connections;
  readonly #isProxied: boolean;
  readonly #now: () => number;
  readonly #held: (request: Incoming) => void;
  /** One for each lens with such limits. */
  readonly #quotas = new Map<Quotas, QuotaCounts>();
  readonly #keys = new Owners<Share>("key");
  readonly #tenants = new Owners<Share>("tenant");
  readonly #addresses = new Owners<AddressShare>("address");
  readonly #openings = new Openings(OPEN_AT_ONCE_MAX);
  readonly #beginnings = new Beginnings();

  constructor(shares: Shares, connections: Connections, { isProxied, now, held = () => {} }: AdmissionParts) {
    this.#shares = shares;
    this.#connections = connections;
    this.#isProxied = isProxied;
    this.#now = now;
    this.#held = held;
  }

  /** Its head has arrived: it counts for its address. */
  arrived(request: Incoming): void {
    const now = request.startedAt;
    const address = this.#addresses.of(this.networkOf(request), this.#shares.address, now);
    address.requests += 1;
    address.count(now);
    request.counted = {
      address,
      known: null,
      isHeld: false,
      isSearch: false,
      bodiesBytes: 0,
      headers: NO_HEADERS,
    };
  }

  /** The refusal of requests without a key from its address at the moment; null if there is none. */
  refusalOfStranger({ counted, startedAt }: Incoming): Refusal | null {
    if (counted === null) return null;
    const { address } = counted;
    if (address.left() < 0) {
      counted.headers = address.headers(startedAt);
      const retryAfterS = address.resetS(startedAt);
      const message = `Too many requests without an accepted key came from your address: come with a key, or wait ${retryAfterS} s.`;
      return new Refusal("rate_limited", message, { retryAfterS });
    }
    return address.exceeds("requests") ? tooMany("requests without a key", address) : null;
  }

  admit(request: Incoming, principal: Principal): void {
    const { counted, startedAt: now } = request;
    if (counted === null) return;
    const shareKey = shareKeyOf(principal);
    this.#connections.shows(request.raw.socket, shareKey);
    counted.address.requests -= 1;
    counted.address.uncount();
    const key = this.#keys.of(shareKey, shareOfKey(this.#shares, principal), now);
    const tenant = this.#tenants.of(principal.tenant, shareOfTenant(this.#shares, principal), now);
    counted.known = [key, tenant];
    for (const owner of counted.known) owner.requests += 1;
    this.#count(counted, counted.known, 1, now);
    for (const owner of counted.known) if (owner.exceeds("requests")) throw tooMany("requests", owner);
  }

  more({ counted, startedAt: now }: Incoming, requests: number): void {
    if (counted !== null && counted.known !== null) this.#count(counted, counted.known, requests, now);
  }

  /** Counts it in this minute, unless one of the two has no requests left. Clients are told of the tighter one. */
  #count(counted: Counted, known: Known, requests: number, now: number): void {
    for (const owner of known) owner.count(now, requests);
    const [key, tenant] = known;
    const tighter = tenant.left() < key.left() ? tenant : key;
    if (tighter.share.requestsPerMinute !== null) counted.headers = tighter.headers(now);
    for (const owner of known) {
      if (owner.left() >= 0) continue;
      for (const each of known) each.uncount(requests);
      throw new Refusal(
        "rate_limited",
        `More than ${owner.share.requestsPerMinute} requests came within a minute: wait ${owner.resetS(now)} s.`,
        {
          retryAfterS: owner.resetS(now),
        },
      );
    }
  }

  quota({ counted }: Incoming, principal: Principal, quotas: Quotas): void {
    const limits = quotas.of(principal);
    if (counted === null || limits === null) return;
    const counts = this.#quotas.get(quotas) ?? new QuotaCounts();
    this.#quotas.set(quotas, counts);
    const now = this.#now();
    const { left, usedUp } = counts.take(shareKeyOf(principal), limits, now);
    counted.headers = { ...counted.headers, ...quotas.headers(left) };
    if (usedUp === null) return;
    const retryAfterS = Math.max(1, Math.ceil(left[usedUp].resetAt - now / 1_000));
    throw new Refusal("rate_limited", quotas.refusal(usedUp), { retryAfterS, window: usedUp });
  }

  refused(request: Incoming, error: unknown): unknown {
    if (!(error instanceof Refusal) || error.code !== "unauthenticated") return error;
    return this.refusalOfStranger(request) ?? error;
  }

  hold(request: Incoming): void {
    const { counted } = request;
    if (counted === null || counted.known === null || counted.isHeld) return;
    counted.isHeld = true;
    this.#held(request);
    for (const owner of counted.known) {
      owner.requests -= 1;
      owner.streams += 1;
    }
    mustFit(counted.known, "streams", "streams and held answers");
  }

  /** Resolves when a stream may open; null for at once. Throws `rate_limited` when too many wait to open. */
  streamTurn({ counted }: Incoming): Promise<void> | null {
    return counted === null || counted.known === null ? null : this.#turn(counted.known, "streams");
  }

  turn({ counted, raw }: Incoming): Promise<void> | null {
    if (counted === null || counted.known === null) return null;
    if (this.#connections.isNew(raw.socket)) return this.#turn(counted.known, "connections");
    const [, tenant] = counted.known;
    return this.#beginnings.turn(tenant.name);
  }

  /** Waits first for the shares, and then for other openings. */
  #turn(known: Known, what: Opening): Promise<void> | null {
    const waitMs = waitMsOf(known, what, this.#now());
    const [, { name }] = known;
    if (waitMs < 1) return this.#openings.turn(name);
    return delay(waitMs).then(async () => {
      await this.#openings.turn(name);
    });
  }

  search({ counted }: Incoming): void {
    if (counted === null || counted.known === null || counted.isSearch) return;
    counted.isSearch = true;
    for (const owner of counted.known) owner.searches += 1;
    mustFit(counted.known, "searches", "searches");
  }

  /** Counts arrived bytes of its body. */
  takeBytes({ counted }: Incoming, bytes: number): void {
    if (counted === null) return;
    counted.bodiesBytes += bytes;
    const owners = counted.known ?? [counted.address];
    for (const owner of owners) owner.bodiesBytes += bytes;
    if (owners.some((owner) => owner.exceeds("bodiesBytes")))
      throw new Refusal("rate_limited", "Too many large requests at once: try again in a moment.", { retryAfterS: 1 });
  }

  headersOf({ counted }: Incoming): Readonly<Record<string, string>> {
    return counted?.headers ?? NO_HEADERS;
  }

  /** Its answer is out, or its caller has left. */
  ended({ counted }: Incoming): void {
    if (counted === null) return;
    const { address, known, isHeld, isSearch, bodiesBytes } = counted;
    for (const owner of known ?? [address]) {
      if (isHeld) owner.streams -= 1;
      else owner.requests -= 1;
      if (isSearch) owner.searches -= 1;
      owner.bodiesBytes -= bodiesBytes;
    }
  }

  networkOf(request: Incoming): string {
    if (this.#isProxied) return networkOf(request.ip);
    return this.#connections.of(request.raw.socket)?.network ?? networkOf(request.ip);
  }
}

function mustFit(known: Known, name: "streams" | "searches", what: string): void {
  for (const owner of known) {
    const bound = owner.share[name];
    if (bound !== null && owner[name] > bound) throw tooMany(what, owner);
  }
}

/** How long an opening waits for both shares. A refused one uses up nothing. */
function waitMsOf([key, tenant]: Known, what: Opening, now: number): number {
  const waitMs = Math.max(key.waitMs(what, now), tenant.waitMs(what, now));
  if (waitMs > TURN_MS_MAX)
    throw new Refusal(
      "rate_limited",
      `Too many ${what} open at once: keep those that are open, and try again in a moment.`,
      { retryAfterS: Math.ceil((waitMs - TURN_MS_MAX) / 1_000) },
    );
  key.takeTurn(what, now);
  tenant.takeTurn(what, now);
  return waitMs;
}

function tooMany(what: string, { whose }: Pick<Owner, "whose">): Refusal {
  return new Refusal("rate_limited", `Too many ${what} of ${whose} are in work: try again in a moment.`, {
    retryAfterS: 1,
  });
}
