/** Gaps: the ranges of keys where pages of a tree are lacking. */
import type { Key } from "./key.ts";

/** Above `low`, up to `high`. */
export type Span = { low: Key; high: Key };

export class Gaps {
  /** Sorted by `low` at the first question. */
  #spans: Span[] = [];
  /** For each span, the highest `high` of it and all before it. */
  #highs: Key[] = [];

  get areThere(): boolean {
    return this.#spans.length > 0;
  }

  add(span: Span): void {
    this.#spans.push(span);
    this.#highs = [];
  }

  /** Whether one gap has all keys from `first` to `last`, both included. */
  has(first: Key, last: Key): boolean {
    if (this.#highs.length === 0) this.#order();
    let [from, to] = [0, this.#spans.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#spans[middle]?.low ?? first) < first) from = middle + 1;
      else to = middle;
    }
    const high = this.#highs[from - 1];
    return high !== undefined && last <= high;
  }

  #order(): void {
    this.#spans.sort((one, other) => (one.low < other.low ? -1 : 1));
    let highest = "";
    this.#highs = this.#spans.map(({ high }) => {
      if (high > highest) highest = high;
      return highest;
    });
  }
}
