/**
 * Embeds a text as the sum of its words' vectors from a shipped table (`scripts/make-embeddings.mjs`): rare words weigh more, and the
 * component common to all words is removed. Words missing in the table (names, part numbers, most of other languages) are the sum of
 * made-up vectors of their pieces, so that words with similar spelling are near each other. It finds texts on the same subject; it does
 * not understand sentences.
 */
import { z } from "zod";

const HEAD_BYTES = 256;
const head = z.object({ dimensions: z.int().positive(), words: z.int().positive(), textBytes: z.int().positive() });

/** Words of one text; of a longer one, the beginning is embedded. */
const WORDS_MAX = 20_000;
/** Characters of a word that is not in the table. */
const UNKNOWN_CHARACTERS_MAX = 40;
const PIECE_CHARACTERS = [3, 4];
/** A made-up vector counts about as much as one of the rarest words of the table. */
const UNKNOWN_LENGTH = 4;
/** Unknown words whose vectors are remembered; forgotten all at once. */
const REMEMBERED_MAX = 5_000;

export class WordVectors {
  readonly dimensions: number;
  readonly #rows = new Map<string, number>();
  /** The factors of each row's bytes, weight included. */
  readonly #scales: Float32Array;
  readonly #numbers: Int8Array;
  readonly #unknown = new Map<string, Float32Array>();

  /** The table is read in place, and may be shared by threads. */
  constructor({ buffer, byteLength }: Uint8Array) {
    const text = (from: number, to: number) => Buffer.from(buffer, from, to - from).toString("utf8");
    const { dimensions, words, textBytes } = head.parse(JSON.parse(text(0, HEAD_BYTES)));
    this.dimensions = dimensions;
    this.#scales = new Float32Array(buffer, HEAD_BYTES, words);
    const numbersAt = HEAD_BYTES + this.#scales.byteLength;
    const textAt = numbersAt + words * dimensions;
    if (byteLength < textAt + textBytes) throw new Error("The table of word vectors is cut short.");
    this.#numbers = new Int8Array(buffer, numbersAt, words * dimensions);
    for (const [row, word] of text(textAt, textAt + textBytes)
      .split("\n")
      .entries())
      this.#rows.set(word, row);
  }

  /** Of length 1; for a text without words, all zeros. */
  embed(text: string): Float32Array {
    const sum = new Float64Array(this.dimensions);
    let words = 0;
    for (const [word] of text.toLowerCase().matchAll(/[\p{L}\p{N}]+/gu)) {
      words += 1;
      if (words > WORDS_MAX) break;
      const row = this.#rows.get(word);
      if (row === undefined) add(sum, this.#unknownVector(word));
      else this.#addRow(sum, row);
    }
    return ofLengthOne(sum);
  }

  #addRow(sum: Float64Array, row: number): void {
    const numbers = this.#numbers;
    const scale = this.#scales[row] ?? 0;
    const from = row * this.dimensions;
    for (let n = 0; n < sum.length; n++) sum[n] = (sum[n] ?? 0) + scale * (numbers[from + n] ?? 0);
  }

  #unknownVector(word: string): Float32Array {
    const known = this.#unknown.get(word);
    if (known) return known;
    const marked = `<${word.slice(0, UNKNOWN_CHARACTERS_MAX)}>`;
    const sum = new Float64Array(this.dimensions);
    for (const size of PIECE_CHARACTERS) {
      for (let at = 0; at + size <= marked.length; at++) addMadeUp(sum, marked.slice(at, at + size));
    }
    const vector = ofLengthOne(sum).map((value) => value * UNKNOWN_LENGTH);
    if (this.#unknown.size >= REMEMBERED_MAX) this.#unknown.clear();
    this.#unknown.set(word, vector);
    return vector;
  }
}

/** Adds ones with pseudo-random signs, the same for each piece every time: xorshift from its hash. */
function addMadeUp(sum: Float64Array, piece: string): void {
  let state = 2_166_136_261;
  for (let at = 0; at < piece.length; at++) state = Math.imul(state ^ piece.charCodeAt(at), 16_777_619);
  state ||= 1;
  for (let n = 0; n < sum.length; n++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    sum[n] = (sum[n] ?? 0) + (state < 0 ? -1 : 1);
  }
}

function add(sum: Float64Array, vector: Float32Array): void {
  for (let n = 0; n < sum.length; n++) sum[n] = (sum[n] ?? 0) + (vector[n] ?? 0);
}

function ofLengthOne(vector: Float64Array): Float32Array {
  let length = 0;
  for (const value of vector) length += value * value;
  return Float32Array.from(vector, (value) => (length === 0 ? 0 : value / Math.sqrt(length)));
}
