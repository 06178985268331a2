/**
 * Bounds how often unknown keys are looked up. A secret has 256 random bits: one that does not exist never will, and is not looked up
 * again. Beyond some hundreds of look-ups a minute, an address has its guesses looked up one after the other, with a pause between, so
 * that a flood of them leaves the store to others. Keys that were accepted before do not wait, and a key that turns out to be right
 * does not count as a guess, so that all callers behind one proxy may come at once.
 */
import { Refusal } from "../../task/errors.ts";
import type { WrongKeysShare } from "../shares/share.ts";

const MINUTE_MS = 60_000;
const ADDRESSES_MAX = 10_000;
const SECRETS_MAX = 10_000;

/** `waiting`: the functions that resume the waiting look-ups, in order. */
type Address = { from: number; count: number; waiting: Set<() => void>; nextAt: number };

export class KeyLookups {
  readonly #share: WrongKeysShare;
  readonly #now: () => number;
  readonly #addresses = new Map<string, Address>();
  /** Secrets that do not exist, or have ended for good. */
  readonly #vain = new Map<string, "ended" | null>();
  readonly #accepted = new Set<string>();

  constructor(share: WrongKeysShare, now: () => number) {
    this.#share = share;
    this.#now = now;
  }

  /** The result of `look`, once it may run. Throws `rate_limited` when too many guesses of its address wait. */
  async find<Found>(
    secret: string,
    address: string,
    look: () => Promise<Found | "ended" | null>,
  ): Promise<Found | "ended" | null> {
    const vain = this.#vain.get(secret);
    if (vain !== undefined) return vain;
    const isNew = !this.#accepted.has(secret);
    if (isNew) await this.#turn(address);
    const found = await look();
    if (isNew && found !== null && found !== "ended") this.#giveBack(address);
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
    if (place.waiting.size >= (wrongKeysWaiting ?? Number.POSITIVE_INFINITY))
      throw new Refusal("rate_limited", "Too many keys that are not known came from your address.", {
        retryAfterS: Math.max(1, Math.ceil(wrongKeyPauseMs / 1_000)),
      });
    place.nextAt = Math.max(now, place.nextAt) + wrongKeyPauseMs;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, place.nextAt - now).unref();
    place.waiting.add(resolve);
    await promise;
    clearTimeout(timer);
    place.waiting.delete(resolve);
  }

  /** It was no guess: the next waiting look-up gets its place. */
  #giveBack(address: string): void {
    const place = this.#addresses.get(address);
    if (place === undefined) return;
    place.count = Math.max(0, place.count - 1);
    const [next] = place.waiting;
    if (next === undefined) return;
    place.waiting.delete(next);
    place.nextAt -= this.#share.wrongKeyPauseMs;
    next();
  }

  #of(address: string, now: number): Address {
    const known = this.#addresses.get(address);
    if (known !== undefined && now - known.from < MINUTE_MS) return known;
    if (known === undefined && this.#addresses.size >= ADDRESSES_MAX) this.#addresses.clear();
    const place = { from: now, count: 0, waiting: known?.waiting ?? new Set<() => void>(), nextAt: known?.nextAt ?? 0 };
    this.#addresses.set(address, place);
    return place;
  }
}
