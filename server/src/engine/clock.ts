/**
 * Time as an argument: the system's clock here, a virtual one in tests and the simulator. Moments are told by `now`,
 * durations by `elapsed`: the time of day is set forwards and backwards by people, by NTP and by laptops that slept.
 */
export interface Clock {
  /** Unix milliseconds. Never falls: where the time of day is set back, this goes on from where it was. */
  now(): number;
  /** Unix milliseconds as the machine tells them, which may fall: for what clocks of others are held against, or say. */
  timeOfDay(): number;
  /** Whole milliseconds since some moment: never falls, whatever the time of day is set to. Durations are differences of this. */
  elapsed(): number;
  /** Calls `run` once, not before `ms` have elapsed, unless the returned function was called first. */
  after(ms: number, run: () => void): () => void;
  /**
   * Calls `run` once, when it is `moment`, unless the returned function was called first. Where the time of day leaps
   * over the moment, that is seen after `REARM_MS` at the latest.
   */
  at(moment: number, run: () => void): () => void;
}

/** No timer sleeps longer than this before it looks again what time it is. */
export const REARM_MS = 30_000;

/** What the time of day may fall behind before it counts as set back: less than that is waited for. */
const FALLEN_MS = 1_000;

/**
 * The time of day and the time since the machine was started, by the system. Each server has its own: what one has made of
 * time that was set back is nothing to another of its process.
 */
export class SystemClock implements Clock {
  /** What the time of day was when it was last looked at, and what this clock made of it. */
  #wall = Date.now();
  #last = this.#wall;
  #lastElapsed = performance.now();
  /** How far this clock is before the time of day, which was set back. */
  #lead = 0;

  now(): number {
    const wall = Date.now();
    // Several times in a millisecond, of which each look at both takes as long as a decision.
    if (wall === this.#wall) return this.#last;
    this.#wall = wall;
    const elapsed = performance.now();
    const jump = wall + this.#lead - (this.#last + elapsed - this.#lastElapsed);
    // Set back: it goes on from where it was. Set forward again: what it was before the time of day is used up first.
    if (jump < -FALLEN_MS) this.#lead -= Math.round(jump);
    else if (jump > FALLEN_MS && this.#lead > 0) this.#lead = Math.max(0, this.#lead - Math.round(jump));
    this.#last = Math.max(this.#last, wall + this.#lead);
    this.#lastElapsed = elapsed;
    return this.#last;
  }

  timeOfDay(): number {
    return Date.now();
  }

  elapsed(): number {
    return Math.floor(performance.now());
  }

  after(ms: number, run: () => void): () => void {
    const end = performance.now() + ms;
    return this.#untilNothingIsLeft(() => end - performance.now(), run);
  }

  at(moment: number, run: () => void): () => void {
    return this.#untilNothingIsLeft(() => moment - this.now(), run);
  }

  /** A timer of Node.js may fire a moment early, takes 25 days at most, and knows nothing of the time of day. */
  #untilNothingIsLeft(left: () => number, run: () => void): () => void {
    let timer: NodeJS.Timeout;
    const look = () => {
      const ms = left();
      if (ms > 0) timer = setTimeout(look, Math.min(Math.ceil(ms), REARM_MS));
      else run();
    };
    timer = setTimeout(look, Math.min(Math.max(0, Math.ceil(left())), REARM_MS));
    return () => clearTimeout(timer);
  }
}
