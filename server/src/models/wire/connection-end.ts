/** How a connection to a provider is left behind an answer: before its end it could not serve the next request. */
import { afterMs } from "../timer.ts";

/** Behind a complete answer the end comes in the next packet, mostly. */
export const END_MS = 100;

/** Calls `leave` once `ended` has resolved, which must not reject, or after a moment where it does not. */
export function leaveBehind(ended: Promise<void>, leave: () => void): void {
  const tooLate = afterMs(END_MS, leave);
  void ended.then(() => {
    clearTimeout(tooLate);
    leave();
  });
}

/** Resolves when nothing more comes of it. */
export async function endOf(source: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  try {
    while (!(await source.read()).done);
  } catch {
    // It has broken off, which is an end too.
  }
}
