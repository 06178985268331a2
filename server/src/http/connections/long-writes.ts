/**
 * Writes long frames of all streams, a bounded number of bytes per turn of the event loop. Readers of one log are shown the same page
 * at once, and each socket takes megabytes before it stalls: 200 of them held up everybody else for 0.3 s.
 */

/** Shorter frames are written at once: a turn has thousands of them, for as many streams. */
const LONG_BYTES = 16 << 10;
/** Bytes per turn of the event loop: some 5 ms. */
const TURN_BYTES = 2 << 20;
/** Bytes of waiting frames in memory. Further frames are written at once. */
const WAITING_BYTES_MAX = 64 << 20;

export class LongWrites {
  readonly #waiting: { bytes: number; begin: () => void }[] = [];
  #waitingBytes = 0;
  /** Bytes written in this turn. */
  #bytes = 0;

  /** Resolves when a frame of so many bytes may be written; null for at once. */
  turn(bytes: number): Promise<void> | null {
    if (bytes < LONG_BYTES) return null;
    if (this.#bytes === 0) setImmediate(this.#nextTurn);
    if (this.#bytes < TURN_BYTES || this.#waitingBytes + bytes > WAITING_BYTES_MAX) {
      this.#bytes += bytes;
      return null;
    }
    this.#waitingBytes += bytes;
    return new Promise((begin) => this.#waiting.push({ bytes, begin }));
  }

  readonly #nextTurn = (): void => {
    let taken = 0;
    this.#bytes = 0;
    while (this.#bytes < TURN_BYTES && taken < this.#waiting.length) this.#bytes += this.#waiting[taken++]?.bytes ?? 0;
    this.#waitingBytes -= this.#bytes;
    for (const { begin } of this.#waiting.splice(0, taken)) begin();
    if (this.#bytes > 0) setImmediate(this.#nextTurn);
  };
}
