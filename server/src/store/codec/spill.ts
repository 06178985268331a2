/** Values too large for a row: their JSON goes to the files, and the row keeps a marker. */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type Json, STORED_DEPTH_MAX, storedJson } from "../../task/json/json.ts";
import { isLongJson, jsonPieces } from "../../task/json/json-pieces.ts";
import type { Files } from "../files.ts";
import { markerText, PREVIEW_CHARACTERS, readMarker } from "./marker.ts";
import { parseInTurns } from "./parse-in-pieces.ts";

const VALUE_BYTES_MAX = 65_536;
/** The JSON of a longer value is written piece by piece: JSON of a text takes 7 ms a megabyte, and hashing it 3. */
const LONG_CHARACTERS = 1 << 20;

type Written = { sha256: string; bytes: number; text: string };

/** Whether a value is one for `writeLong`. */
export function isLong(value: unknown): boolean {
  return isLongJson(value, LONG_CHARACTERS);
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
  /** Long values that are in the files already: what is stored for them. */
  #written: Map<unknown, Written> | null = null;

  constructor(files: Files) {
    this.#files = files;
  }

  /** Writes long values before they are asked for, piece by piece, so that others have their turn meanwhile. */
  async writeLong(values: readonly unknown[]): Promise<void> {
    for (const value of values) {
      if (this.#written?.has(value)) continue;
      let beginning = "";
      // Each in a turn of its own: a stream asks for sixteen of them at once.
      const pieces = async function* () {
        for (const piece of jsonPieces(value)) {
          if (beginning.length < PREVIEW_CHARACTERS) beginning += piece;
          yield Buffer.from(piece);
          await nextTurn();
        }
      };
      const file = await this.#files.write(Readable.from(pieces()), { bytesMax: Number.POSITIVE_INFINITY });
      file.keep();
      const { sha256, bytes } = file;
      this.#written ??= new Map();
      this.#written.set(value, { sha256, bytes, text: markerText(sha256, bytes, beginning) });
    }
  }

  /** The text to store for a value. */
  value(value: Json | object): string {
    const written = this.#written?.get(value);
    if (written) {
      this.#counted += written.bytes;
      this.name(written.sha256);
      return written.text;
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
    let bytes = 0;
    for (const { length } of this.#large) bytes += length;
    for (const written of this.#written?.values() ?? []) bytes += written.bytes;
    return bytes;
  }

  /** Resolves when every large value is on disk. */
  async write(): Promise<void> {
    for (const bytes of this.#large) await this.#files.put(bytes);
  }
}

/** The value of a stored text, read back from the files when it was spilled. */
export async function readValue(text: string, files: Pick<Files, "read">): Promise<Json> {
  const marker = readMarker(text);
  if (!marker) return storedJson.parse(JSON.parse(text));
  return await parseInTurns(await files.read(marker.sha256, marker.bytes), STORED_DEPTH_MAX);
}

/** The value as a list shows it: a spilled one by its size and its beginning. */
export function previewValue(text: string): Json {
  const marker = readMarker(text);
  if (!marker) return storedJson.parse(JSON.parse(text));
  return { truncated: true, bytes: marker.bytes, preview: marker.preview };
}
