/**
 * BM25: how well the words of a question fit each chunk. A word counts by how rare it is among the searched chunks, and
 * less with each time that it is repeated in one. A name or number that hardly any chunk has outweighs all common words.
 */
import { hashOf, questionTerms } from "./terms.ts";

/** How fast repetition stops to count, and how much long chunks pay for having more words; the usual ones. */
const K1 = 1.5;
const B = 0.75;
/** Different words of a question that count: those that come first. */
const TERMS_MAX = 256;

/** Terms with the chunks that have them: of one slice, or of many. */
export interface Lists {
  /** The number of a term; -1 when no chunk has it. */
  find(hash: number): number;
  /** In how many of the searched chunks it is. */
  having(term: number, first: number, isSearched: Uint8Array): number;
  /** Adds to the score of each chunk that has it, by what the chunk pays for its length. */
  addScores(term: number, rarity: number, first: number, paid: Float32Array, scores: Float32Array): void;
}

/** Some of the chunks, numbered from `first` on among all. */
export type WordSource = {
  first: number;
  /** Words of each. */
  lengths: Uint32Array;
  /** Those that have the term, if any have. */
  listsWith(hash: number): Lists;
};

/** The numbers that chunks have in one search. */
export type ChunkNumbers = {
  /** All, with those that are left out. */
  count: number;
  /** 1 for each that is searched. */
  isSearched: Uint8Array;
  searched: number;
};

export type LexicalScores = {
  /** Of each chunk. */
  scores: Float32Array;
  /** What a chunk would have that has every word of the question again and again. */
  scoreMax: number;
};

/** Goes over the sources twice, so that not all need be in memory. */
export function lexicalScores(query: string, sources: Iterable<WordSource>, numbers: ChunkNumbers): LexicalScores {
  const { count, isSearched, searched } = numbers;
  const hashes = hashesOf(query);
  const having = new Float64Array(hashes.length);
  const paid = new Float32Array(count);
  /** Of each source in turn, the number that each term has there. */
  const found: number[] = [];
  for (const { first, lengths, listsWith } of sources) {
    for (const [at, hash] of hashes.entries()) {
      const lists = listsWith(hash);
      const term = lists.find(hash);
      if (term >= 0) having[at] = (having[at] ?? 0) + lists.having(term, first, isSearched);
      found.push(term);
    }
    paid.set(lengths, first);
  }
  payForLength(paid, numbers);
  const rarities = having.map((chunks) => Math.log(1 + (searched - chunks + 0.5) / (chunks + 0.5)));
  const scores = new Float32Array(count);
  let next = 0;
  for (const { first, listsWith } of sources) {
    for (const [at, hash] of hashes.entries()) {
      const term = found[next] ?? -1;
      if (term >= 0) listsWith(hash).addScores(term, rarities[at] ?? 0, first, paid, scores);
      next += 1;
    }
  }
  for (let chunk = 0; chunk < count; chunk++) if (isSearched[chunk] === 0) scores[chunk] = 0;
  return { scores, scoreMax: rarities.reduce((sum, rarity) => sum + rarity, 0) };
}

/** Takes the number of words of each chunk, and leaves what it pays for having as many. */
function payForLength(paid: Float32Array, { isSearched, searched }: ChunkNumbers): void {
  let words = 0;
  for (let chunk = 0; chunk < paid.length; chunk++) words += (paid[chunk] ?? 0) * (isSearched[chunk] ?? 0);
  const average = Math.max(words / Math.max(searched, 1), 1);
  for (let chunk = 0; chunk < paid.length; chunk++) paid[chunk] = K1 * (1 - B + (B * (paid[chunk] ?? 0)) / average);
}

function hashesOf(query: string): number[] {
  return [...questionTerms(query)].slice(0, TERMS_MAX).map(hashOf);
}
