/** An iterator of frames, pulled one by one. */
import type { Frame, Frames, FramesRead } from "../../lenses/lens-parts.ts";
import { ENDED } from "../../task/events/log-reader.ts";

export class PulledFrames implements Frames {
  readonly #left = new AbortController();
  readonly #frames: AsyncIterator<Frame>;

  constructor(frames: (signal: AbortSignal) => AsyncIterable<Frame>) {
    this.#frames = frames(this.#left.signal)[Symbol.asyncIterator]();
  }

  async next(): Promise<FramesRead> {
    const { done, value } = await this.#frames.next();
    return done === true ? ENDED : value;
  }

  close(): void {
    this.#left.abort();
    // Errors at its end concern nobody any more.
    this.#frames.return?.().then(undefined, () => {});
  }
}
