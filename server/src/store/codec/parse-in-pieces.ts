/**
 * The value of a long JSON, a piece at a time: to parse 60 MB at once takes 0.15 s, in which nobody else is answered. A
 * long text is put together from its parts, a long list or object from the items that lie in one piece. The mirror of
 * `jsonPieces`, for JSON as that and `JSON.stringify` write it, without a blank between two tokens.
 */
import { type Json, type JsonObject, putKey } from "../../task/json/json.ts";
import { ownTurn } from "./own-turn.ts";

const PIECE_BYTES = 512 << 10;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const OPEN_OBJECT = 0x7b;
const CLOSE_LIST = 0x5d;
const CLOSE_OBJECT = 0x7d;
const SMALL_U = 0x75;
/** Of a number, or what else is none of the others. */
const SCALAR_BYTES_MAX = 64;
/** A backslash, a `u` and four digits. */
const ESCAPE_BYTES_MAX = 6;

/** Each piece in a turn of its own. Throws for what is no JSON, or deeper than `levels`. */
export async function parseInTurns(bytes: Buffer, levels: number): Promise<Json> {
  const parsing = parseInPieces(bytes, levels);
  for (;;) {
    await ownTurn();
    const piece = parsing.next();
    if (piece.done) return piece.value;
  }
}

/** Stops after each piece. */
export function* parseInPieces(bytes: Buffer, levels: number): Generator<void, Json> {
  const pieces = new Pieces(bytes);
  const value = yield* pieces.value(levels);
  if (pieces.at < bytes.length) throw pieces.fault();
  // What is done with the whole is not done in the turn of its last piece.
  if (bytes.length > PIECE_BYTES) yield;
  return value;
}

class Pieces {
  at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  fault(): Error {
    return new SyntaxError(`The JSON is damaged at its byte ${this.at}.`);
  }

  *value(levels: number): Generator<void, Json> {
    const first = this.#bytes[this.at];
    if (first === QUOTE) return yield* this.#text();
    if (first !== OPEN_LIST && first !== OPEN_OBJECT) return JSON.parse(this.#take(this.#endOfScalar()));
    if (levels < 1) throw tooDeep();
    return first === OPEN_LIST ? yield* this.#list(levels - 1) : yield* this.#object(levels - 1);
  }

  *#list(levels: number): Generator<void, Json[]> {
    const list: Json[] = [];
    do {
      if (list.length > 0) yield;
      this.at += 1;
      const end = this.#endOfItems(levels);
      if (end === -1) {
        yield;
        list.push(yield* this.value(levels));
      } else for (const item of JSON.parse(`[${this.#take(end)}]`)) list.push(item);
    } while (this.#bytes[this.at] === COMMA);
    this.#expect(CLOSE_LIST);
    return list;
  }

  *#object(levels: number): Generator<void, JsonObject> {
    const object: JsonObject = {};
    do {
      this.at += 1;
      const end = this.#endOfItems(levels);
      if (end === -1) {
        yield;
        const key = yield* this.#text();
        this.#expect(COLON);
        putKey(object, key, yield* this.value(levels));
      } else {
        const members: JsonObject = JSON.parse(`{${this.#take(end)}}`);
        for (const key of Object.keys(members)) putKey(object, key, members[key] ?? null);
      }
      if (this.#bytes[this.at] === COMMA) yield;
    } while (this.#bytes[this.at] === COMMA);
    this.#expect(CLOSE_OBJECT);
    return object;
  }

  *#text(): Generator<void, string> {
    this.#expect(QUOTE);
    for (let text = ""; ; ) {
      const window = this.#window();
      const quote = endOfText(window, 0);
      const length = quote === -1 ? wholeCharacters(window) : quote;
      if (length === 0 && quote === -1) throw this.fault();
      text += JSON.parse(`"${this.#take(this.at + length)}"`);
      if (quote === -1) yield;
      else {
        this.#expect(QUOTE);
        return text;
      }
    }
  }

  #endOfScalar(): number {
    let end = this.at;
    while (end < this.at + SCALAR_BYTES_MAX && !isDelimiter(this.#bytes[end])) end += 1;
    return end;
  }

  #window(): Buffer {
    return this.#bytes.subarray(this.at, this.at + PIECE_BYTES);
  }

  #expect(byte: number): void {
    if (this.#bytes[this.at] !== byte) throw this.fault();
    this.at += 1;
  }

  #take(end: number): string {
    const text = this.#bytes.toString("utf8", this.at, end);
    this.at = end;
    return text;
  }

  /**
   * Where the last item ends that lies whole in the piece from here on; -1 when the first does not. To find that takes a turn:
   * what lies 60 levels deep is looked through 60 times.
   */
  #endOfItems(levels: number): number {
    const window = this.#window();
    let level = 0;
    let end = -1;
    for (let at = 0; at < window.length; at++) {
      const byte = window[at];
      if (byte === QUOTE) {
        at = endOfText(window, at + 1);
        if (at === -1) break;
      } else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
        level += 1;
        if (level > levels) throw tooDeep();
      } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
        if (level === 0) return this.at + at;
        level -= 1;
      } else if (byte === COMMA && level === 0) end = this.at + at;
    }
    const isRest = this.at + window.length === this.#bytes.length;
    return isRest && end === -1 && level === 0 ? this.#bytes.length : end;
  }
}

function isDelimiter(byte: number | undefined): boolean {
  return byte === undefined || byte === COMMA || byte === CLOSE_LIST || byte === CLOSE_OBJECT;
}

function tooDeep(): Error {
  return new SyntaxError("The JSON has too many levels.");
}

/** The quote that ends the text, from within it; -1 when it is not in there. */
function endOfText(bytes: Buffer, from: number): number {
  let quote = bytes.indexOf(QUOTE, from);
  while (quote !== -1 && backslashesBefore(bytes, quote, from) % 2 === 1) quote = bytes.indexOf(QUOTE, quote + 1);
  return quote;
}

function backslashesBefore(bytes: Buffer, at: number, from: number): number {
  let start = at;
  while (start > from && bytes[start - 1] === BACKSLASH) start -= 1;
  return at - start;
}

/** How much of a text that goes on can be read by itself: neither an escape nor a character is cut. */
function wholeCharacters(bytes: Buffer): number {
  const { length } = bytes;
  const last = bytes.lastIndexOf(BACKSLASH);
  if (last >= length - ESCAPE_BYTES_MAX && last !== -1 && backslashesBefore(bytes, last, 0) % 2 === 0) {
    const end = last + (bytes[last + 1] === SMALL_U ? ESCAPE_BYTES_MAX : 2);
    if (end > length) return last;
  }
  let start = length - 1;
  while (start > 0 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start -= 1;
  const first = bytes[start] ?? 0;
  const character = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  return start + character > length ? start : length;
}
