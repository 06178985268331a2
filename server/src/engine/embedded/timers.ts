/** Timers by id: moments at which something is due, in one heap behind one timer of the clock. */
import type { Clock } from "../clock.ts";
import { Heap } from "../heap.ts";

type Moment = { at: number; id: string };

const isSooner = (a: Moment, b: Moment) => a.at < b.at;

/** Moments told in one turn of the event loop: thousands of tasks may sleep until the same moment, and each causes work. */
const TOLD_PER_TURN = 100;
/** Fewer stale moments than this are not worth a rebuild. */
const STALE_MIN = 1_000;

export class Timers {
  readonly #clock: Clock;
  readonly #due: (id: string) => void;
  #heap = new Heap<Moment>(isSooner);
  /** The one moment that counts for an id; older ones of it in the heap are stale. */
  readonly #set = new Map<string, number>();
  /** Ids whose moment was told and has not changed since: they are not told again. */
  readonly #told = new Set<string>();
  #armed: { at: number; cancel: () => void } | null = null;
  #isHeld = true;

  constructor(clock: Clock, due: (id: string) => void) {
    this.#clock = clock;
    this.#due = due;
  }

  /** Nothing is told before this: the observer may need parts that are not there yet. */
  start(): void {
    this.#isHeld = false;
    this.#arm();
  }

  /** Sets the moment of `id`; null removes it. */
  set(id: string, at: number | null): void {
    if ((this.#set.get(id) ?? null) === at) return;
    this.#told.delete(id);
    if (at === null) {
      this.#set.delete(id);
      return;
    }
    this.#set.set(id, at);
    if (this.#heap.size > STALE_MIN && this.#heap.size > 2 * this.#set.size) this.#rebuild();
    else this.#heap.push({ at, id });
    this.#arm();
  }

  /** Tells a told moment of `id` once more when it comes again: the clock was set back before anybody acted on it. */
  tellAgain(id: string): void {
    const at = this.#set.get(id);
    if (at === undefined || !this.#told.delete(id)) return;
    this.#heap.push({ at, id });
    this.#arm();
  }

  stop(): void {
    this.#armed?.cancel();
    this.#armed = null;
    this.#set.clear();
    this.#told.clear();
  }

  /** Drops stale moments. Most deadlines are never reached: each would stay in the heap until its time. */
  #rebuild(): void {
    this.#heap = new Heap(isSooner);
    for (const [id, at] of this.#set) if (!this.#told.has(id)) this.#heap.push({ at, id });
  }

  #arm(): void {
    const next = this.#heap.peek();
    if (this.#isHeld || !next || (this.#armed && this.#armed.at <= next.at)) return;
    this.#armed?.cancel();
    this.#armed = { at: next.at, cancel: this.#clock.at(next.at, () => this.#fire()) };
  }

  #fire(): void {
    this.#armed = null;
    const now = this.#clock.now();
    let told = 0;
    for (let next = this.#heap.peek(); next && next.at <= now && told < TOLD_PER_TURN; next = this.#heap.peek()) {
      this.#heap.pop();
      if (this.#set.get(next.id) !== next.at || this.#told.has(next.id)) continue;
      told += 1;
      this.#told.add(next.id);
      this.#due(next.id);
    }
    if (told === TOLD_PER_TURN) this.#goOnInNextTurn();
    else this.#arm();
  }

  /** A timer of no delay may fire in this very turn. */
  #goOnInNextTurn(): void {
    const turn = setImmediate(() => this.#fire());
    this.#armed = { at: Number.NEGATIVE_INFINITY, cancel: () => clearImmediate(turn) };
  }
}
