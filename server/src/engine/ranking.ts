/**
 * Items in order, with the rank of each: how many come before it. They are kept in blocks of a few hundred, so that neither a change nor a
 * rank walks over all of them: with 100,000 items it takes some microseconds.
 */
import { firstWhere } from "./binary-search.ts";

/** A block that has grown to so many is halved. */
const BLOCK_MAX = 512;

export class Ranking<Item> {
  readonly #blocks: Item[][] = [];
  readonly #before: (a: Item, b: Item) => boolean;

  /** `before` is a total order: of two different items one comes before the other. */
  constructor(before: (a: Item, b: Item) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#blocks.reduce((sum, block) => sum + block.length, 0);
  }

  add(item: Item): void {
    const at = Math.min(this.#blockOf(item), this.#blocks.length - 1);
    const block = this.#blocks[at];
    if (!block) {
      this.#blocks.push([item]);
      return;
    }
    block.splice(this.#placeIn(block, item), 0, item);
    if (block.length > BLOCK_MAX) this.#blocks.splice(at + 1, 0, block.splice(BLOCK_MAX / 2));
  }

  /** The item must be there. */
  remove(item: Item): void {
    const at = this.#blockOf(item);
    const block = this.#blocks[at];
    block?.splice(this.#placeIn(block, item), 1);
    if (block?.length === 0) this.#blocks.splice(at, 1);
  }

  /** How many come before the item, whether it is there or not. */
  rank(item: Item): number {
    const at = this.#blockOf(item);
    let count = 0;
    for (let n = 0; n < at; n++) count += this.#blocks[n]?.length ?? 0;
    const block = this.#blocks[at];
    return count + (block ? this.#placeIn(block, item) : 0);
  }

  /** The first block whose last item does not come before this one; beyond the last block when there is none. */
  #blockOf(item: Item): number {
    return firstWhere(this.#blocks, (block) => {
      const last = block.at(-1);
      return last !== undefined && !this.#before(last, item);
    });
  }

  #placeIn(block: readonly Item[], item: Item): number {
    return firstWhere(block, (other) => !this.#before(other, item));
  }
}
