/**
 * Vectors in lists of neighbours (an inverted file, IVF): each list has a middle, and a question looks into the lists whose
 * middles are nearest to it. The middles are found by k-means over directions, which begins at the same vectors each
 * time, so that the same vectors make the same lists.
 */
import { eachProduct } from "./dot-products.ts";
import { lengthOf, quantised } from "./quantised.ts";

/** The middles are found among so many for each list; more find hardly better ones. */
const SAMPLED_OF_LIST = 32;
const ROUNDS = 6;
const GOLDEN = (Math.sqrt(5) - 1) / 2;
/** Products of two numbers between two pauses: some milliseconds. */
const TURN_PRODUCTS = 10_000_000;

export type Clusters = {
  /** One after another, each of length 1; all zeros where a list is empty. */
  middles: Float32Array<ArrayBuffer>;
  /** Of each vector. */
  listOf: Uint16Array;
};

/** Pauses every few milliseconds. Vectors are rows of bytes one after another; those without a direction are in list 0. */
export function* clustered(rows: Int8Array, dimensions: number): Generator<void, Clusters> {
  const count = Math.floor(rows.length / dimensions);
  // As many lists as each has vectors, so that the way to a list and through it are about equally long.
  const lists = Math.max(1, Math.round(Math.sqrt(count)));
  const sample = spread(count, Math.min(count, lists * SAMPLED_OF_LIST));
  const middles = new Float32Array(lists * dimensions);
  for (const [list, row] of spread(count, lists).entries()) add(rows, row, dimensions, middles, list);
  toLengthOne(middles, dimensions);
  for (let round = 0; round < ROUNDS; round++) {
    const listOf = yield* nearest(rows, sample, dimensions, middles);
    middles.fill(0);
    for (const [at, row] of sample.entries()) add(rows, row, dimensions, middles, listOf[at] ?? 0);
    toLengthOne(middles, dimensions);
  }
  return {
    middles,
    listOf: yield* nearest(
      rows,
      Uint32Array.from({ length: count }, (_, row) => row),
      dimensions,
      middles,
    ),
  };
}

/** Some of the numbers below `count`, by the golden ratio: spread over all, and with no step that data might share. */
function spread(count: number, chosen: number): Uint32Array {
  return Uint32Array.from({ length: chosen }, (_, at) => Math.floor(((at * GOLDEN) % 1) * count));
}

/** The list with the nearest middle, of each chosen vector. */
function* nearest(
  rows: Int8Array,
  chosen: Uint32Array,
  dimensions: number,
  middles: Float32Array,
): Generator<void, Uint16Array> {
  const inBytes = new Int8Array(middles.length);
  const lengths = new Float32Array(middles.length / dimensions);
  for (let list = 0, from = 0; list < lengths.length; list++, from += dimensions) {
    inBytes.set(quantised(middles.subarray(from, from + dimensions)), from);
    lengths[list] = lengthOf(inBytes, from, from + dimensions);
  }
  const listOf = new Uint16Array(chosen.length);
  const turn = Math.max(1, Math.floor(TURN_PRODUCTS / middles.length));
  for (const [at, row] of chosen.entries()) {
    if (at % turn === 0) yield;
    let most = Number.NEGATIVE_INFINITY;
    eachProduct(inBytes, rows.subarray(row * dimensions, (row + 1) * dimensions), (list, product) => {
      const nearness = product / (lengths[list] || 1);
      if (nearness <= most) return;
      most = nearness;
      listOf[at] = list;
    });
  }
  return listOf;
}

/** Adds the direction of a row to a middle. */
function add(rows: Int8Array, row: number, dimensions: number, middles: Float32Array, list: number): void {
  const from = row * dimensions;
  const length = lengthOf(rows, from, from + dimensions);
  if (length === 0) return;
  const to = list * dimensions;
  for (let at = 0; at < dimensions; at++) {
    middles[to + at] = (middles[to + at] ?? 0) + (rows[from + at] ?? 0) / length;
  }
}

function toLengthOne(middles: Float32Array, dimensions: number): void {
  for (let from = 0; from < middles.length; from += dimensions) {
    let square = 0;
    for (let at = 0; at < dimensions; at++) square += (middles[from + at] ?? 0) ** 2;
    if (square === 0) continue;
    const by = 1 / Math.sqrt(square);
    for (let at = 0; at < dimensions; at++) middles[from + at] = (middles[from + at] ?? 0) * by;
  }
}
