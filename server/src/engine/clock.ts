/**
 * Time as an argument: the system's clock here, a virtual one in tests and the simulator. Moments are told by `now`,
 * durations by `elapsed`: the time of day is set forwards and backwards by people, by NTP and by laptops that slept.
 */
export interface Clock {
  /** Unix milliseconds. Never falls: where the time of day is set back, this goes on from where it was. */
  now(): number;
  /** Unix milliseconds of the machine's clock, which may fall: to compare with moments that other machines name. */
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

/** No timer sleeps longer than this without a look at the clock. */
export const REARM_MS = 30_000;

/** The time of day counts as set back only by more than this; for less, `now` stands still until it catches up. */
const FALLEN_MS = 1_000;

/**
 * The system's time of day and its monotonic time. Each server has a clock of its own: what one has made of a time of day that was set back
 * does not concern another in its process.
 */
export class SystemClock implements Clock {
  /** The time of day at the last look, and what `now` said then. */
  #wall = Date.now();
  #last = this.#wall;
  #lastElapsed = performance.now();
  /** How far this clock is before the time of day, which was set back. */
  #lead = 0;

  now(): number {
    const wall = Date.now();
    // `now` is asked several times in a millisecond, and to read both clocks takes as long as a decision.
    if (wall === this.#wall) return this.#last;
    this.#wall = wall;
    const elapsed = performance.now();
    const jump = wall + this.#lead - (this.#last + elapsed - this.#lastElapsed);
    // Set back: `now` goes on from where it was. Set forward: the lead from an earlier setback is used up first.
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

  /**
   * Node.js timers may fire early, take at most 25 days, and do not follow the time of day: so this one is set again until nothing is
   * left.
   */
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
