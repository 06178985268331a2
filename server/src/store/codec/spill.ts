/** Values too large for a row: their JSON goes to the files, and the row keeps a marker. */
import { createHash } from "node:crypto";

import { type Json, storedJson } from "../../task/json.ts";
import type { Files } from "../files.ts";
import { markerText, readMarker } from "./marker.ts";

const VALUE_BYTES_MAX = 65_536;

/**
 * Collects what the values of one call need: the files to write before their rows. A value names a file by being spilled
 * into it, or since it came with its submit: whatever else a caller writes of hashes is text.
 */
export class Spill {
  readonly #files: Files;
  readonly #large: Buffer[] = [];
  #named = new Set<string>();

  constructor(files: Files) {
    this.#files = files;
  }

  /** The text to store for a value. */
  value(value: Json | object): string {
    const text = JSON.stringify(value);
    // A UTF-16 unit takes three bytes at most.
    if (text.length * 3 <= VALUE_BYTES_MAX) return text;
    const bytes = Buffer.from(text);
    if (bytes.length <= VALUE_BYTES_MAX) return text;
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    this.#large.push(bytes);
    this.#named.add(sha256);
    return markerText(sha256, bytes.length, text);
  }

  /** A file that a value is about, and that is there already. */
  name(sha256: string): void {
    this.#named.add(sha256);
  }

  /** The files that the values since the last call are in, by their hashes. */
  takeNamed(): string[] {
    if (this.#named.size === 0) return [];
    const named = [...this.#named];
    this.#named = new Set();
    return named;
  }

  get isEmpty(): boolean {
    return this.#large.length === 0;
  }

  /** Of the large values. */
  get bytes(): number {
    return this.#large.reduce((sum, { length }) => sum + length, 0);
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
  return storedJson.parse(JSON.parse((await files.read(marker.sha256, marker.bytes)).toString()));
}

/** The value as a list shows it: a spilled one by its size and its beginning. */
export function previewValue(text: string): Json {
  const marker = readMarker(text);
  if (!marker) return storedJson.parse(JSON.parse(text));
  return { truncated: true, bytes: marker.bytes, preview: marker.preview };
}
