/**
 * What readers of streams were sent and have not taken: of each the frames that were written last, a page of about 256 KB.
 * Bytes that several are sent are one object, which is held, and counts, once. When all of it is too much, whoever has
 * stood still for longest is let go, and may come back where it was.
 */

import type { Frame } from "../../lenses/lens-parts.ts";

/** Of all readers together. */
export const STREAMS_BYTES_MAX = 64 << 20;

export class StalledReaders<Reader> {
  readonly #bytesMax: number;
  readonly #letGo: (reader: Reader) => void;
  /** In the order in which they stopped taking. */
  readonly #readers = new Map<Reader, Frame>();
  readonly #sharers = new Map<Buffer, number>();
  #bytes = 0;

  constructor(bytesMax: number, letGo: (reader: Reader) => void) {
    this.#bytesMax = bytesMax;
    this.#letGo = letGo;
  }

  add(reader: Reader, frame: Frame): void {
    this.#readers.set(reader, frame);
    const sharers = typeof frame === "string" ? 0 : (this.#sharers.get(frame) ?? 0);
    if (typeof frame !== "string") this.#sharers.set(frame, sharers + 1);
    if (sharers === 0) this.#bytes += frame.length;
    for (const [slowest] of this.#readers) {
      if (this.#bytes <= this.#bytesMax) return;
      this.remove(slowest);
      this.#letGo(slowest);
    }
  }

  /** It has taken what it was sent, or has left. */
  remove(reader: Reader): void {
    const frame = this.#readers.get(reader);
    if (frame === undefined) return;
    this.#readers.delete(reader);
    const sharers = typeof frame === "string" ? 1 : (this.#sharers.get(frame) ?? 1);
    if (sharers === 1) this.#bytes -= frame.length;
    if (typeof frame === "string") return;
    if (sharers === 1) this.#sharers.delete(frame);
    else this.#sharers.set(frame, sharers - 1);
  }
}
