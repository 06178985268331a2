/** Finds the end of a text in a JSON document while its bytes come in: the first quote without a backslash before it. */
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

export class JsonTextEnd {
  /** The last chunk ended after an odd number of backslashes. */
  #escaped = false;

  /** The index of the quote, from `from` on, which is in the text; -1 if it is not in this chunk. */
  in(chunk: Buffer, from: number): number {
    for (let at = from; ; ) {
      const quote = quoteIn(chunk, at);
      const end = quote === -1 ? chunk.length : quote;
      let start = end;
      while (start > at && chunk[start - 1] === BACKSLASH) start -= 1;
      const reachesBack = start === from && this.#escaped;
      const isEscaped = (end - start + (reachesBack ? 1 : 0)) % 2 === 1;
      if (quote === -1) {
        this.#escaped = isEscaped;
        return -1;
      }
      this.#escaped = false;
      if (!isEscaped) return quote;
      at = quote + 1;
    }
  }
}

/** Keys and escaped quotes lie close together: a search of the rest costs as much as a look at these bytes. */
const NEAR_BYTES = 16;

function quoteIn(chunk: Buffer, from: number): number {
  const near = Math.min(from + NEAR_BYTES, chunk.length);
  for (let at = from; at < near; at++) if (chunk[at] === QUOTE) return at;
  return chunk.indexOf(QUOTE, near);
}
