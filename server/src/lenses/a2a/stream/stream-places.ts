/** How many streams each caller of a server has open, and how much is in memory for them. */
import { Refusal } from "../../../task/errors.ts";
import type { Principal } from "../../../task/principal.ts";
import type { Frame, LensParts } from "../../lens-parts.ts";

const STREAMS_OF_CALLER_MAX = 100;
/** Characters of what tasks have made and said: of the streams of one caller, of which the oldest goes on, */
const SIZE_OF_CALLER_MAX = 128 << 20;
/** and of those of all, of which nobody is refused an equal part. */
const SIZE_OF_ALL_MAX = 256 << 20;

/** Of one stream, as long as it is open. */
export type StreamPlace = {
  /** So much is in memory for it by now. Throws `rate_limited` or `unavailable` where that is too much. */
  holds: (size: number) => void;
};

/** `open` are in the order in which they were opened. */
type Streams = { open: Set<StreamPlace>; size: number };

export class StreamPlaces {
  readonly #callers = new Map<string, Streams>();
  #size = 0;

  /** Throws `rate_limited`. */
  mustHaveOne(principal: Principal): void {
    if ((this.#callers.get(nameOf(principal))?.open.size ?? 0) < STREAMS_OF_CALLER_MAX) return;
    throw new Refusal("rate_limited", `You have ${STREAMS_OF_CALLER_MAX} streams open: close one first.`, {
      retryAfterS: 1,
    });
  }

  /** Frames that take a place as long as somebody wants them. */
  async *while(principal: Principal, frames: (place: StreamPlace) => AsyncIterable<Frame>): AsyncGenerator<Frame> {
    const name = nameOf(principal);
    const caller = this.#callers.get(name) ?? { open: new Set(), size: 0 };
    this.#callers.set(name, caller);
    let held = 0;
    const grow = (by: number) => {
      held += by;
      caller.size += by;
      this.#size += by;
    };
    const place: StreamPlace = {
      holds: (size) => {
        const by = size - held;
        grow(by);
        if (by > 0) this.#mustFit(caller, place);
      },
    };
    caller.open.add(place);
    try {
      yield* frames(place);
    } finally {
      grow(-held);
      caller.open.delete(place);
      if (caller.open.size === 0) this.#callers.delete(name);
    }
  }

  #mustFit({ open, size }: Streams, place: StreamPlace): void {
    const [oldest] = open;
    if (size > SIZE_OF_CALLER_MAX && place !== oldest)
      throw new Refusal("rate_limited", "What your streams show is too much for memory: close one first.", {
        retryAfterS: 1,
      });
    if (this.#size > SIZE_OF_ALL_MAX && size > SIZE_OF_ALL_MAX / this.#callers.size)
      throw new Refusal("unavailable", "What all streams show is too much for memory: try again in a moment.", {
        retryAfterS: 1,
      });
  }
}

function nameOf({ tenant, user }: Principal): string {
  return `${tenant}\n${user}`;
}

const places = new WeakMap<LensParts, StreamPlaces>();

/** Those of a server. */
export function streamPlaces(parts: LensParts): StreamPlaces {
  const known = places.get(parts) ?? new StreamPlaces();
  places.set(parts, known);
  return known;
}
