/** Values too large for a row: their JSON goes to the files, and the row keeps a marker. */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { FairPlaces } from "../../task/fair-places.ts";
import { type Json, STORED_DEPTH_MAX, storedJson } from "../../task/json/json.ts";
import { isLongJson, jsonPieces } from "../../task/json/json-pieces.ts";
import type { Files } from "../files.ts";
import { markerText, PREVIEW_CHARACTERS, readMarker } from "./marker.ts";
import { ownTurn } from "./own-turn.ts";
import { parseInTurns } from "./parse-in-pieces.ts";

const VALUE_BYTES_MAX = 65_536;
/** The JSON of a longer value has a turn of its own: JSON of a text takes 7 ms a megabyte, and hashing it 3. */
const LARGE_CHARACTERS = 64 << 10;
/** That of a longer one is written piece by piece. */
const LONG_CHARACTERS = 1 << 20;

/** What is stored for a value; `sha256` is null where that is its JSON. */
type Stored = { sha256: string | null; bytes: number; text: string };

/** Whether a value is one for `make`. */
export function isLarge(value: unknown): boolean {
  return isLongJson(value, LARGE_CHARACTERS);
}

/**
 * Collects what the values of one call need: the files to write before their rows. A value names a file by being spilled
 * into it, or since it came with its submit: whatever else a caller writes of hashes is text.
 */
export class Spill {
  readonly #files: Files;
  readonly #large: Buffer[] = [];
  /** Most calls need none of these two. */
  #named: Set<string> | null = null;
  #counted = 0;
  #bytes = 0;
  /** What is stored for large values, which are in the files already. */
  #made: Map<unknown, Stored> | null = null;

  constructor(files: Files) {
    this.#files = files;
  }

  /** Makes and writes large values before they are asked for, a piece in a turn, so that others have theirs meanwhile. */
  async make(values: readonly unknown[]): Promise<void> {
    for (const value of values) {
      if (this.#made?.has(value)) continue;
      await ownTurn();
      const stored = await (isLongJson(value, LONG_CHARACTERS) ? this.#inPieces(value) : this.#atOnce(value));
      if (stored.sha256 !== null) this.#bytes += stored.bytes;
      this.#made ??= new Map();
      this.#made.set(value, stored);
    }
  }

  async #inPieces(value: unknown): Promise<Stored> {
    let beginning = "";
    // Each in a turn of its own: a stream asks for sixteen of them at once.
    const pieces = async function* () {
      for (const piece of jsonPieces(value)) {
        if (beginning.length < PREVIEW_CHARACTERS) beginning += piece;
        yield Buffer.from(piece);
        await ownTurn();
      }
    };
    const file = await this.#files.write(Readable.from(pieces()), { bytesMax: Number.POSITIVE_INFINITY });
    file.keep();
    const { sha256, bytes } = file;
    return { sha256, bytes, text: markerText(sha256, bytes, beginning) };
  }

  async #atOnce(value: unknown): Promise<Stored> {
    const text = JSON.stringify(value);
    const json = Buffer.from(text);
    const bytes = json.length;
    if (bytes <= VALUE_BYTES_MAX) return { sha256: null, bytes, text };
    const { sha256 } = await this.#files.put(json);
    return { sha256, bytes, text: markerText(sha256, bytes, text) };
  }

  /** The text to store for a value. */
  value(value: Json | object): string {
    const made = this.#made?.get(value);
    if (made) {
      this.#counted += made.bytes;
      if (made.sha256 !== null) this.name(made.sha256);
      return made.text;
    }
    const text = JSON.stringify(value);
    // A UTF-16 unit takes three bytes at most.
    if (text.length * 3 <= VALUE_BYTES_MAX) {
      this.#counted += Buffer.byteLength(text);
      return text;
    }
    const bytes = Buffer.from(text);
    this.#counted += bytes.length;
    if (bytes.length <= VALUE_BYTES_MAX) return text;
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    this.#large.push(bytes);
    this.#bytes += bytes.length;
    this.name(sha256);
    return markerText(sha256, bytes.length, text);
  }

  /** A file that a value is about, and that is there already. */
  name(sha256: string): void {
    this.#named ??= new Set();
    this.#named.add(sha256);
  }

  /** The files that the values since the last call are in, by their hashes. */
  takeNamed(): string[] {
    if (this.#named === null) return [];
    const named = [...this.#named];
    this.#named = null;
    return named;
  }

  /** Of the values that were asked for since the last call. */
  takeBytes(): number {
    const bytes = this.#counted;
    this.#counted = 0;
    return bytes;
  }

  get isEmpty(): boolean {
    return this.#large.length === 0;
  }

  /** Of the large values. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Resolves when every large value is on disk. */
  async write(): Promise<void> {
    for (const bytes of this.#large) await this.#files.put(bytes);
  }
}

/** Spilled values that are read at once: each has its bytes in memory, beside what was made of them so far. */
const READ_AT_ONCE = 8;
const places = new FairPlaces(READ_AT_ONCE);

/** The value of a stored text, read back from the files when it was spilled: those of several tenants in turn. */
export async function readValue(text: string, files: Pick<Files, "read">, tenant = ""): Promise<Json> {
  const marker = readMarker(text);
  if (!marker) return storedJson.parse(JSON.parse(text));
  const leave = await places.take(tenant);
  try {
    return await parseInTurns(await files.read(marker.sha256, marker.bytes), STORED_DEPTH_MAX);
  } finally {
    leave();
  }
}

/** The value as a list shows it: a spilled one by its size and its beginning. */
export function previewValue(text: string): Json {
  const marker = readMarker(text);
  if (!marker) return storedJson.parse(JSON.parse(text));
  return { truncated: true, bytes: marker.bytes, preview: marker.preview };
}
