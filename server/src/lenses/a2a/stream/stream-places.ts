/** How many streams each caller of a server has open. */
import { Refusal } from "../../../task/errors.ts";
import type { Principal } from "../../../task/principal.ts";
import type { LensParts } from "../../lens-parts.ts";

const STREAMS_OF_CALLER_MAX = 100;

export class StreamPlaces {
  readonly #open = new Map<string, number>();

  /** Throws `rate_limited`. */
  mustHaveOne(principal: Principal): void {
    if ((this.#open.get(nameOf(principal)) ?? 0) < STREAMS_OF_CALLER_MAX) return;
    throw new Refusal("rate_limited", `You have ${STREAMS_OF_CALLER_MAX} streams open: close one first.`, {
      retryAfterS: 1,
    });
  }

  /** The same frames, which take a place as long as somebody wants them. */
  async *while(principal: Principal, frames: AsyncIterable<string>): AsyncGenerator<string> {
    const name = nameOf(principal);
    this.#open.set(name, (this.#open.get(name) ?? 0) + 1);
    try {
      yield* frames;
    } finally {
      const left = (this.#open.get(name) ?? 1) - 1;
      if (left > 0) this.#open.set(name, left);
      else this.#open.delete(name);
    }
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
