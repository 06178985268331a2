/**
 * Finds the texts at given places of a JSON document while its bytes come in: `["context", "attachments", null, "data"]` is the text
 * `data` of every item of that list. It does not check the document: a parser does that. A key with an escape in it matches no place.
 */
import { JsonTextEnd } from "./json-text-end.ts";

const QUOTE = 0x22;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Longer keys match no place. */
const KEY_BYTES_MAX = 256;

/** Keys, and null for every item of a list. */
export type JsonPlace = readonly (string | null)[];

/** The position in an open object or list: at a key, or null in a list. `places` are those that can still match. */
type Level = { key: string | null; isAtKey: boolean; places: readonly JsonPlace[] };

export class JsonPlaces {
  readonly #places: readonly JsonPlace[];
  readonly #levels: Level[] = [];
  /** The text that the bytes are in: a key, a match, another, or none. */
  #in: "key" | "found" | "other" | null = null;
  #key: Buffer[] = [];
  #keyBytes = 0;
  readonly #textEnd = new JsonTextEnd();

  constructor(places: readonly JsonPlace[]) {
    this.#places = places;
  }

  get isInFound(): boolean {
    return this.#in === "found";
  }

  /** The index behind the quote that begins the next match, or the end of the chunk. */
  findNext(chunk: Buffer, from: number): number {
    let at = from;
    while (at < chunk.length && !this.isInFound) {
      at = this.#in === null ? this.#passRest(chunk, at) : this.#passText(chunk, at);
    }
    return at;
  }

  /** The index of the quote that ends the match, or -1 if it is not in this chunk. */
  endOfFound(chunk: Buffer, from: number): number {
    const end = this.#textEnd.in(chunk, from);
    if (end !== -1) this.#in = null;
    return end;
  }

  #passText(chunk: Buffer, from: number): number {
    const end = this.#textEnd.in(chunk, from);
    if (this.#in === "key") {
      const piece = chunk.subarray(from, end === -1 ? chunk.length : end);
      this.#keyBytes += piece.length;
      if (this.#keyBytes <= KEY_BYTES_MAX) this.#key.push(Buffer.from(piece));
    }
    if (end === -1) return chunk.length;
    const level = this.#levels.at(-1);
    if (this.#in === "key" && level) {
      level.key = this.#keyBytes <= KEY_BYTES_MAX ? Buffer.concat(this.#key).toString() : "";
    }
    this.#in = null;
    return end + 1;
  }

  #passRest(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at];
      const level = this.#levels.at(-1);
      if (byte === QUOTE) {
        this.#begin(level);
        return at + 1;
      }
      if (byte === OPEN_OBJECT) this.#levels.push({ key: "", isAtKey: true, places: this.#placesWithin(level) });
      else if (byte === OPEN_LIST) this.#levels.push({ key: null, isAtKey: false, places: this.#placesWithin(level) });
      else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) this.#levels.pop();
      else if (level && level.key !== null && (byte === COMMA || byte === COLON)) level.isAtKey = byte === COMMA;
    }
    return chunk.length;
  }

  #begin(level: Level | undefined): void {
    // In most of a document no place can match, and keys there do not matter.
    if (level === undefined || level.places.length === 0) this.#in = "other";
    else if (level.isAtKey) {
      this.#in = "key";
      this.#key = [];
      this.#keyBytes = 0;
    } else this.#in = this.#isAtPlace(level) ? "found" : "other";
  }

  /** The places that can match in an object or a list that opens in `level`. */
  #placesWithin(level: Level | undefined): readonly JsonPlace[] {
    if (level === undefined) return this.#places;
    const depth = this.#levels.length;
    return level.places.filter((place) => place.length > depth && place[depth - 1] === level.key);
  }

  #isAtPlace({ key, places }: Level): boolean {
    const depth = this.#levels.length;
    return places.some((place) => place.length === depth && place[depth - 1] === key);
  }
}
