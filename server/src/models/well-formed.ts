/**
 * Text of a model, and text for one, without halves of characters: a model may write one into JSON, a stream may be cut
 * between two, and no provider takes one back.
 */

/** The same value with every text in it well-formed, names of members too. */
export function wellFormed(value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name.toWellFormed(), wellFormed(inner)]));
}

/** Text that comes in pieces: a piece that ends amid a character waits with its half for the next. */
export class WellFormedPieces {
  #half = "";

  /** The piece, and what waited before it. */
  push(piece: string): string {
    const text = this.#half + piece;
    const last = text.charCodeAt(text.length - 1);
    const endsAmid = last >= 0xd800 && last <= 0xdbff;
    this.#half = endsAmid ? text.slice(-1) : "";
    return (endsAmid ? text.slice(0, -1) : text).toWellFormed();
  }

  /** What waits, once nothing more comes. */
  end(): string {
    const half = this.#half.toWellFormed();
    this.#half = "";
    return half;
  }
}
