/**
 * Lines of the log about slow calls of the store. A slow store is slow for everybody: each kind of call has at most one line a minute,
 * which tells how many there were since the last line.
 */
import type { Logger } from "pino";
import type { SlowStoreCall } from "../store/storage.ts";

const LINE_EVERY_MS = 60_000;

/** The time of the last line, the calls since then and the longest of them. */
type Untold = { at: number; calls: number; longestMs: number };

/** Returns a function that logs the calls it is given. */
export function slowCallsTo(log: Pick<Logger, "warn">, elapsed = () => performance.now()) {
  const untold = new Map<string, Untold>();
  return ({ thread, call, ms, rows }: SlowStoreCall): void => {
    const kind = `${thread} ${call}`;
    const now = elapsed();
    const { at, calls, longestMs } = untold.get(kind) ?? { at: Number.NEGATIVE_INFINITY, calls: 0, longestMs: 0 };
    if (now - at < LINE_EVERY_MS) {
      untold.set(kind, { at, calls: calls + 1, longestMs: Math.max(longestMs, ms) });
      return;
    }
    untold.set(kind, { at: now, calls: 0, longestMs: 0 });
    const since = calls > 0 && { since: { calls, longestMs } };
    log.warn({ thread, call, ms, ...(rows !== null && { rows }), ...since }, "the store was long at work on one call");
  };
}
