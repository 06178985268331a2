/** A set of page numbers, a bit for each page. */
export class PageNumbers {
  readonly #bits: Uint8Array;

  constructor(count: number) {
    this.#bits = new Uint8Array((count >> 3) + 1);
  }

  has(number: number): boolean {
    return ((this.#bits[number >> 3] ?? 0) & (1 << (number & 7))) !== 0;
  }

  /** False where the number is in the set already. */
  add(number: number): boolean {
    if (this.has(number)) return false;
    this.#bits[number >> 3] = (this.#bits[number >> 3] ?? 0) | (1 << (number & 7));
    return true;
  }
}
