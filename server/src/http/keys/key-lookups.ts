/**
 * How often keys that nobody has shown before are looked for. A secret is 256 random bits: one that is nobody's stays so,
 * and is not asked for again. Beyond some hundreds a minute an address has its guesses looked for one after the other, with a
 * pause between, so that a flood of them leaves the store to others. A key that was accepted before waits for none.
 */
import { setTimeout as delay } from "node:timers/promises";
import { Refusal } from "../../task/errors.ts";
import type { WrongKeysShare } from "../shares/share.ts";

const MINUTE_MS = 60_000;
const ADDRESSES_MAX = 10_000;
const SECRETS_MAX = 10_000;

type Address = { from: number; count: number; waiting: number; nextAt: number };

export class KeyLookups {
  readonly #share: WrongKeysShare;
  readonly #now: () => number;
  readonly #addresses = new Map<string, Address>();
  /** What is nobody's, or will never be anybody's again. */
  readonly #vain = new Map<string, "ended" | null>();
  readonly #accepted = new Set<string>();

  constructor(share: WrongKeysShare, now: () => number) {
    this.#share = share;
    this.#now = now;
  }

  /** What `look` finds, once it may look. Throws `rate_limited` when too many guesses of its address wait. */
  async find<Found>(
    secret: string,
    address: string,
    look: () => Promise<Found | "ended" | null>,
  ): Promise<Found | "ended" | null> {
    const vain = this.#vain.get(secret);
    if (vain !== undefined) return vain;
    if (!this.#accepted.has(secret)) await this.#turn(address);
    const found = await look();
    if (this.#vain.size >= SECRETS_MAX) this.#vain.clear();
    if (this.#accepted.size >= SECRETS_MAX) this.#accepted.clear();
    if (found === null) this.#vain.set(secret, null);
    else if (found === "ended") this.#vain.set(secret, "ended");
    else this.#accepted.add(secret);
    return found;
  }

  async #turn(address: string): Promise<void> {
    const now = this.#now();
    const place = this.#of(address, now);
    place.count += 1;
    const { wrongKeysPerMinute, wrongKeysWaiting, wrongKeyPauseMs } = this.#share;
    if (place.count <= (wrongKeysPerMinute ?? Number.POSITIVE_INFINITY)) return;
    if (place.waiting >= (wrongKeysWaiting ?? Number.POSITIVE_INFINITY))
      throw new Refusal("rate_limited", "Too many keys that are not known came from your address.", {
        retryAfterS: Math.max(1, Math.ceil(wrongKeyPauseMs / 1_000)),
      });
    place.waiting += 1;
    place.nextAt = Math.max(now, place.nextAt) + wrongKeyPauseMs;
    await delay(place.nextAt - now, undefined, { ref: false });
    place.waiting -= 1;
  }

  #of(address: string, now: number): Address {
    const known = this.#addresses.get(address);
    if (known !== undefined && now - known.from < MINUTE_MS) return known;
    if (known === undefined && this.#addresses.size >= ADDRESSES_MAX) this.#addresses.clear();
    const place = { from: now, count: 0, waiting: known?.waiting ?? 0, nextAt: known?.nextAt ?? 0 };
    this.#addresses.set(address, place);
    return place;
  }
}
