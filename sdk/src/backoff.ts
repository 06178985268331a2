/** How long to wait before trying again, and the waiting. */
import { afterMs } from "./timer.ts";

export const BACKOFF_FIRST_MS = 250;
const BACKOFF_MAX_MS = 10_000;
/** A `Retry-After` beyond this is shown to the caller, not waited for. */
export const RETRY_AFTER_MAX_MS = 60_000;

/** Doubles with every failure, and spreads callers over the upper half so that they do not come back together. */
export function backoffMs(failures: number, random: () => number = Math.random): number {
  const ceiling = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.max(0, failures - 1));
  return ceiling / 2 + random() * (ceiling / 2);
}

/** A `Retry-After` header, seconds or a date, in milliseconds from `now`; null when it says nothing. */
export function retryAfterMs(header: string | null, now: number): number | null {
  if (header === null) return null;
  if (/^\s*\d+(\.\d+)?\s*$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

/** Resolves after `ms`; rejects with the signal's reason when that fires first. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = (): void => {
      forget();
      reject(signal?.reason);
    };
    const forget = afterMs(ms, () => {
      signal?.removeEventListener("abort", stop);
      resolve();
    });
    signal?.addEventListener("abort", stop, { once: true });
  });
}
