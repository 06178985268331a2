/**
 * Counts the values of a JSON text while its bytes arrive, without parsing it: the memory of a body depends on its values and not on
 * its bytes, and 40 MB may hold twenty million of them. The parser checks the text, not this.
 */
import { JsonTextEnd } from "../../lenses/body/json-text-end.ts";

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const OPEN_OBJECT = 0x7b;
const CLOSE_LIST = 0x5d;
const CLOSE_OBJECT = 0x7d;

export class JsonValues {
  /** An upper bound: the number of commas and opening brackets, one of which every further value needs. */
  count = 1;
  /** The greatest depth. */
  depth = 0;
  /** An upper bound for the keys of the largest object: repeated keys count each time. */
  keys = 0;
  /** Numbers of keys of the open objects, the innermost last. */
  readonly #open: number[] = [];
  #inText = false;
  readonly #textEnd = new JsonTextEnd();

  add(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) at = this.#inText ? this.#endOfText(chunk, at) : this.#endOfRest(chunk, at);
  }

  /** The index behind the quote that ends the string, or the end of the chunk. */
  #endOfText(chunk: Buffer, from: number): number {
    const quote = this.#textEnd.in(chunk, from);
    this.#inText = quote === -1;
    return quote === -1 ? chunk.length : quote + 1;
  }

  /** The index behind the quote that begins a string, or the end of the chunk. */
  #endOfRest(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at];
      if (byte === QUOTE) {
        this.#inText = true;
        return at + 1;
      }
      if (byte === COMMA) this.count += 1;
      else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
        this.count += 1;
        if (this.#open.push(0) > this.depth) this.depth = this.#open.length;
      } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) this.#open.pop();
      else if (byte === COLON) this.#addKey();
    }
    return chunk.length;
  }

  #addKey(): void {
    const innermost = this.#open.length - 1;
    const keys = (this.#open[innermost] ?? 0) + 1;
    if (innermost >= 0) this.#open[innermost] = keys;
    if (keys > this.keys) this.keys = keys;
  }
}
