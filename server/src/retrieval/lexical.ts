/**
 * BM25: how well the words of a question fit each chunk. A word counts by how rare it is among the searched chunks, and
 * less with each time that it is repeated in one. A name or number that hardly any chunk has outweighs all common words.
 */
import type { Postings } from "./postings.ts";
import { hashOf, questionTerms } from "./terms.ts";

/** How fast repetition stops to count, and how much long chunks pay for having more words; the usual ones. */
const K1 = 1.5;
const B = 0.75;
/** Different words of a question that count: those that come first. */
const TERMS_MAX = 256;

/** Some of the searched chunks; `first` is the number that its place 0 has among all, `chunks` how many they are. */
export type Slice = { postings: Postings; first: number; chunks: number };

export type LexicalScores = {
  /** Of each chunk. */
  scores: Float32Array;
  /** What a chunk would have that has every word of the question again and again. */
  scoreMax: number;
};

/** `count` is how many chunks there are, numbered from 0. The slices are gone over twice, so that not all need be in memory. */
export function lexicalScores(query: string, slices: Iterable<Slice>, count: number): LexicalScores {
  const hashes = hashesOf(query);
  const having = new Float64Array(hashes.length);
  const paid = new Float32Array(count);
  /** Of each slice in turn, the number that each term has there. */
  const found: number[] = [];
  for (const { postings, first, chunks } of slices) {
    for (let at = 0; at < hashes.length; at++) {
      const term = postings.find(hashes[at] ?? 0);
      if (term >= 0) having[at] = (having[at] ?? 0) + postings.having(term);
      found.push(term);
    }
    paid.set(postings.lengths.subarray(0, chunks), first);
  }
  payForLength(paid);
  const rarities = having.map((chunks) => Math.log(1 + (count - chunks + 0.5) / (chunks + 0.5)));
  const scores = new Float32Array(count);
  let next = 0;
  for (const { postings, first } of slices) {
    for (const rarity of rarities) {
      const term = found[next] ?? -1;
      if (term >= 0) postings.addScores(term, rarity, first, paid, scores);
      next += 1;
    }
  }
  return { scores, scoreMax: rarities.reduce((sum, rarity) => sum + rarity, 0) };
}

/** Takes the number of words of each chunk, and leaves what it pays for having as many. */
function payForLength(paid: Float32Array): void {
  let words = 0;
  for (let chunk = 0; chunk < paid.length; chunk++) words += paid[chunk] ?? 0;
  const average = Math.max(words / Math.max(paid.length, 1), 1);
  for (let chunk = 0; chunk < paid.length; chunk++) paid[chunk] = K1 * (1 - B + (B * (paid[chunk] ?? 0)) / average);
}

function hashesOf(query: string): number[] {
  return [...questionTerms(query)].slice(0, TERMS_MAX).map(hashOf);
}
