/** Timers of any length: those of JavaScript fire at once when they are set for more than 2^31 - 1 ms, which is 25 days. */

const TIMER_MS_MAX = 2 ** 31 - 1;

/** Calls `run` once after `ms`, unless the returned function was called first. */
export function afterMs(ms: number, run: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const sleep = (left: number): void => {
    const now = Math.min(left, TIMER_MS_MAX);
    timer = setTimeout(() => (left > now ? sleep(left - now) : run()), now);
  };
  sleep(ms);
  return () => clearTimeout(timer);
}
