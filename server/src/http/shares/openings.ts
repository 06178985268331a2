import { InTurn } from "./in-turn.ts";

/**
 * What opens, a new connection or a stream, one a turn of the event loop, of tenants in turn. Many may come in one turn, and the work
 * on all of them at once would hold up everybody else for as long as they take together.
 */
export class Openings {
  readonly #waiting = new InTurn();
  #hasOpened = false;

  /** Resolves when one of this tenant may open; null when at once. */
  turn(tenant: string): Promise<void> | null {
    if (this.#hasOpened) return this.#waiting.wait(tenant);
    this.#opens();
    return null;
  }

  /** Nothing else does before the loop has gone round. */
  #opens(): void {
    this.#hasOpened = true;
    // The first comes before what the loop has heard of by now, the second behind it.
    setImmediate(() => setImmediate(() => this.#next()));
  }

  #next(): void {
    this.#hasOpened = false;
    if (this.#waiting.length === 0) return;
    this.#opens();
    this.#waiting.next();
  }
}
