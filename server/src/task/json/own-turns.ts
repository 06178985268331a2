/**
 * Turns of the event loop for those who make long values, one piece in each, whoever asks: forty who make a piece in the
 * next turn make forty in one, and hold everybody else for as long as all of these take. Tenants have them in turn, as far as
 * it is known whose a value is.
 */
import { FairQueue } from "../fair-queue.ts";

/** A function that resolves in a turn in which it resolves for nobody else. `later` runs something in the next turn. */
export function ownTurns(later: (run: () => void) => void): (tenant?: string) => Promise<void> {
  const waiting = new FairQueue<() => void>();
  const goOn = () => {
    waiting.shift()?.();
    if (waiting.length > 0) later(goOn);
  };
  return (tenant = "") =>
    new Promise((resolve) => {
      waiting.push(tenant, resolve);
      if (waiting.length === 1) later(goOn);
    });
}
