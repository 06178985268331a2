/**
 * Turns of the event loop for those who make long values, one piece in each, whoever asks: forty who make a piece in the
 * next turn make forty in one, and hold everybody else for as long as all of these take.
 */

/** A function that resolves in a turn in which it resolves for nobody else. `later` runs something in the next turn. */
export function ownTurns(later: (run: () => void) => void): () => Promise<void> {
  const waiting: (() => void)[] = [];
  const goOn = () => {
    waiting.shift()?.();
    if (waiting.length > 0) later(goOn);
  };
  return () =>
    new Promise((resolve) => {
      if (waiting.push(resolve) === 1) later(goOn);
    });
}
