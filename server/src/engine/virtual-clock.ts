/** Time that moves when a test or the simulator says so. */
import type { Clock } from "./clock.ts";
import { Heap } from "./heap.ts";

/** `at` is elapsed time for a duration, and Unix milliseconds for a moment. */
type Timer = { at: number; n: number; run: () => void; cancelled: boolean };

const isSooner = (a: Timer, b: Timer) => a.at < b.at || (a.at === b.at && a.n < b.n);

export class VirtualClock implements Clock {
  #now: number;
  #elapsed = 0;
  #count = 0;
  readonly #durations = new Heap<Timer>(isSooner);
  readonly #moments = new Heap<Timer>(isSooner);

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  timeOfDay(): number {
    return this.#now;
  }

  elapsed(): number {
    return this.#elapsed;
  }

  after(ms: number, run: () => void): () => void {
    return this.#set(this.#durations, this.#elapsed + Math.max(0, ms), run);
  }

  at(moment: number, run: () => void): () => void {
    return this.#set(this.#moments, Math.max(this.#now, moment), run);
  }

  /** Moves on by `ms`, and calls what comes due on the way; `settle` lets its consequences come to rest in between. */
  async advance(ms: number, settle: () => Promise<void>): Promise<void> {
    let left = ms;
    await settle();
    for (let next = this.#first(); next !== null && next.inMs <= left; next = this.#first()) {
      this.#move(next.inMs);
      left -= next.inMs;
      next.heap.pop();
      next.timer.run();
      await settle();
    }
    this.#move(left);
    await settle();
  }

  /** The time of day is set forward: what was due meanwhile is late, and no time has elapsed. A clock set back shows nothing. */
  async setForward(ms: number, settle: () => Promise<void>): Promise<void> {
    this.#now += ms;
    await this.advance(0, settle);
  }

  /** Time in which code computes: no timer fires meanwhile. */
  spend(ms: number): void {
    this.#move(ms);
  }

  #set(heap: Heap<Timer>, at: number, run: () => void): () => void {
    const timer: Timer = { at, n: this.#count++, run, cancelled: false };
    heap.push(timer);
    return () => {
      timer.cancelled = true;
    };
  }

  #move(ms: number): void {
    this.#now += ms;
    this.#elapsed += ms;
  }

  /** Of both heaps, the timer that comes first, and in how many milliseconds. */
  #first(): { timer: Timer; inMs: number; heap: Heap<Timer> } | null {
    const duration = firstOf(this.#durations);
    const moment = firstOf(this.#moments);
    const ofDuration = duration && {
      timer: duration,
      inMs: Math.max(0, duration.at - this.#elapsed),
      heap: this.#durations,
    };
    const ofMoment = moment && { timer: moment, inMs: Math.max(0, moment.at - this.#now), heap: this.#moments };
    if (!ofDuration || !ofMoment) return ofDuration ?? ofMoment ?? null;
    const isMoment =
      ofMoment.inMs < ofDuration.inMs || (ofMoment.inMs === ofDuration.inMs && ofMoment.timer.n < ofDuration.timer.n);
    return isMoment ? ofMoment : ofDuration;
  }
}

function firstOf(heap: Heap<Timer>): Timer | null {
  for (let timer = heap.peek(); timer; timer = heap.peek()) {
    if (!timer.cancelled) return timer;
    heap.pop();
  }
  return null;
}
