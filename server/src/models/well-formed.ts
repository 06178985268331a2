/**
 * Removes halves of surrogate pairs from a model's text, and from text for one: a model may write one into JSON, a stream may be cut
 * between two, and no provider accepts one.
 */

/** The same value with all its texts well-formed, names of members too. */
export function wellFormed(value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name.toWellFormed(), wellFormed(inner)]));
}

/** Text in pieces: half a character at the end of a piece waits for the next piece. */
export class WellFormedPieces {
  #half = "";

  /** The piece after the half that waited. */
  push(piece: string): string {
    const text = this.#half + piece;
    const last = text.charCodeAt(text.length - 1);
    const endsAmid = last >= 0xd800 && last <= 0xdbff;
    this.#half = endsAmid ? text.slice(-1) : "";
    return (endsAmid ? text.slice(0, -1) : text).toWellFormed();
  }

  /** The half that waits, once no more comes. */
  end(): string {
    const half = this.#half.toWellFormed();
    this.#half = "";
    return half;
  }
}
