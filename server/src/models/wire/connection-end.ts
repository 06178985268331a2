/** Leaves a connection to a provider after an answer: before its end it could not serve the next request. */
import { afterMs } from "../timer.ts";

/** After a complete answer, the end usually comes in the next packet. */
export const END_MS = 100;

/** Calls `leave` once `ended` has resolved (it must not reject), or after a moment. */
export function leaveBehind(ended: Promise<void>, leave: () => void): void {
  const tooLate = afterMs(END_MS, leave);
  void ended.then(() => {
    clearTimeout(tooLate);
    leave();
  });
}

/** Resolves when no more comes from it. */
export async function endOf(source: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  try {
    while (!(await source.read()).done);
  } catch {
    // It has broken off, which is an end too.
  }
}
