/** Time as an argument: the real clock here, a virtual one in tests and the simulator. */
export interface Clock {
  /** Unix milliseconds. */
  now(): number;
  /** Calls `run` once, not before `ms` from now, unless the returned function was called first. */
  after(ms: number, run: () => void): () => void;
}

/** The longest delay that a Node.js timer takes; longer ones are set again when it fires. */
const TIMER_MS_MAX = 2_147_483_647;

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, Math.min(Math.max(0, ms), TIMER_MS_MAX));
    return () => clearTimeout(timer);
  },
};
