/**
 * Frames that readers of streams were sent and have not yet taken: for each reader the last written ones, a page of about 256 KB. A
 * frame for several readers is one object, and counts once. When all together are too large, the reader that has stalled for longest is
 * disconnected; it may resume where it was.
 */

import type { Frame } from "../../lenses/lens-parts.ts";

/** Bytes for all readers together. */
export const STREAMS_BYTES_MAX = 64 << 20;

export class StalledReaders<Reader> {
  readonly #bytesMax: number;
  readonly #letGo: (reader: Reader) => void;
  /** In the order in which they stalled. */
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

  /** It has taken its frames, or has left. */
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
