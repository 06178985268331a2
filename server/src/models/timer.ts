/** Timers of any length: Node.js fires one at once when it is set for more than 2^31 - 1 ms, which is 25 days. */

const TIMER_MS_MAX = 2 ** 31 - 1;

/** Calls `run` after `ms`, or after 25 days: no answer of a model is waited for longer. */
export function afterMs(ms: number, run: () => void): NodeJS.Timeout {
  return setTimeout(run, Math.min(ms, TIMER_MS_MAX));
}
