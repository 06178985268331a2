/** Vectors in a byte for each number: a quarter of the room, and the ranking of a search is nearly the same (recall .98). */
import { eachProduct } from "./dot-products.ts";

const BYTE_MAX = 127;

/** The direction of a vector. One without any is all zeros. */
export function quantised(vector: Float32Array): Int8Array {
  let largest = 0;
  for (const value of vector) largest = Math.max(largest, Math.abs(value));
  return largest === 0
    ? new Int8Array(vector.length)
    : Int8Array.from(vector, (value) => Math.round((value / largest) * BYTE_MAX));
}

/** What a search is near to. */
export class Direction {
  readonly numbers: Int8Array;
  readonly length: number;

  constructor(vector: Float32Array) {
    this.numbers = quantised(vector);
    this.length = lengthOf(this.numbers, 0, vector.length);
  }
}

/** Some vectors one after another, and the length of each: 0 where there is none. */
export class VectorRows {
  readonly count: number;
  readonly bytes: number;
  readonly #rows: Int8Array;
  readonly #lengths: Float32Array;
  readonly #places: Uint16Array | null;

  /** Without `places`, row 0 is at place 0. */
  constructor(rows: Int8Array, dimensions: number, places: Uint16Array | null = null) {
    this.#rows = rows;
    this.#places = places;
    this.count = Math.floor(rows.length / dimensions);
    this.#lengths = new Float32Array(this.count);
    for (let row = 0; row < this.count; row++) {
      this.#lengths[row] = lengthOf(rows, row * dimensions, (row + 1) * dimensions);
    }
    this.bytes = rows.byteLength + this.#lengths.byteLength + (places?.byteLength ?? 0);
  }

  /**
   * Writes the cosine of each row with the question, which is as long as a row, to where its place is, counted from
   * `first`; 0 where there is no vector. Returns how many of them are searched.
   */
  writeCosines(question: Direction, first: number, cosines: Float32Array, isSearched: Uint8Array): number {
    let searched = 0;
    eachProduct(this.#rows, question.numbers, (row, product) => {
      const chunk = first + (this.#places?.[row] ?? row);
      if (isSearched[chunk] === 0) return;
      searched += 1;
      const own = this.#lengths[row] ?? 0;
      cosines[chunk] = own === 0 || question.length === 0 ? 0 : product / own / question.length;
    });
    return searched;
  }
}

export function lengthOf(numbers: Int8Array, from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at++) sum += (numbers[at] ?? 0) ** 2;
  return Math.sqrt(sum);
}
