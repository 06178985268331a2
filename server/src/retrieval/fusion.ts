/**
 * One score out of two: how well the words fit (BM25) and how near the meaning is (cosine). Both are put between 0 and 1
 * over the searched chunks and mixed by weight, since ranks that vote alike lose with a weak model: 5 to 15 points of
 * nDCG@10 on five of six sets.
 */
import type { ChunkNumbers, LexicalScores } from "./lexical.ts";

/** How much a model's vectors count beside the words, and what its cosines mean. */
export type Trust = {
  /** Of the meaning; the words have the rest. */
  weight: number;
  /** What of the weight goes to the words where they answer the whole question. */
  yields: number;
  /** No chunk counts as nearer than the one whose words fit best, which so stays the first. */
  follows: boolean;
  /** The cosine of two texts that have nothing to do with each other, and of two that say the same. */
  strange: number;
  same: number;
};

/**
 * Sums of word vectors: weak, and everything is a little alike. They put in order what the words find about as good, and
 * overrule them nowhere: without `follows` both together lost up to .0054 of nDCG@10 to the words on sets that the weights
 * had not been chosen on, with it .0022.
 */
const STATIC: Trust = { weight: 0.2, yields: 0.5, follows: true, strange: 0.1, same: 0.85 };
/**
 * Models that read whole sentences: all-MiniLM-L6-v2 brings .756 alone, .856 with words that bring .845 (nDCG@10). Of part
 * numbers they know nothing: asked for those as for anything else, both together lost .046 to the words.
 */
const CONTEXTUAL: Trust = { weight: 0.5, yields: 0, follows: false, strange: 0.1, same: 0.75 };

const CONTEXTUAL_BY_NUMBER: Trust = { ...CONTEXTUAL, weight: 0.1, follows: true };

/** The table of word vectors knows Latin letters alone: what it makes up for a word in others says how it is written. */
export function trustIn(model: string, question: string): Trust {
  if (!model.startsWith("local:")) return question.split(/\s+/).some(isIdentifying) ? CONTEXTUAL_BY_NUMBER : CONTEXTUAL;
  const letters = question.match(/\p{L}/gu) ?? [];
  const known = letters.filter((letter) => /\p{Script=Latin}/u.test(letter));
  return { ...STATIC, weight: letters.length === 0 ? STATIC.weight : (STATIC.weight * known.length) / letters.length };
}

/** Whether a word names one thing alone, such as a part number: letters beside digits, several numbers, four digits. */
function isIdentifying(word: string): boolean {
  return /\p{N}/u.test(word) && (/\p{L}/u.test(word) || /\p{N}{4}|\p{N}[^\p{N}]+\p{N}/u.test(word));
}

/**
 * A score of 0..1 for each chunk. The best one has what the question reaches as a whole: its words' share in the rarest
 * that could be there, or its nearness; so scores of several questions can be compared, and have a threshold.
 */
export function fused(
  { scores, scoreMax }: LexicalScores,
  cosines: Float32Array | null,
  { isSearched }: Pick<ChunkNumbers, "isSearched">,
  trust: Trust,
): Float32Array {
  const bestWords = greatest(scores, isSearched);
  const share = scoreMax === 0 ? 0 : bestWords / scoreMax;
  if (!cosines) return scaled(scores, bestWords === 0 ? 0 : share / bestWords);
  const nearest = greatest(cosines, isSearched);
  const farthest = -greatest(cosines, isSearched, -1);
  const nearness = Math.min(Math.max((nearest - trust.strange) / (trust.same - trust.strange), 0), 1);
  // Where all are about as near, little is between the nearest and the farthest, and says little.
  const spread = Math.max(nearest - farthest, trust.same - trust.strange);
  const weight = bestWords === 0 ? 1 : trust.weight * (1 - trust.yields * Math.min(share, 1));
  const ofWords = bestWords === 0 ? 0 : (1 - weight) / bestWords;
  const ofMeaning = weight / spread;
  const cosineMax = trust.follows && bestWords > 0 ? cosineOfBest(scores, bestWords, cosines) : 1;
  const both = new Float32Array(scores.length);
  for (let chunk = 0; chunk < both.length; chunk++) {
    if (isSearched[chunk] === 0) continue;
    both[chunk] = ofWords * (scores[chunk] ?? 0) + ofMeaning * (Math.min(cosines[chunk] ?? 0, cosineMax) - farthest);
  }
  const best = greatest(both, isSearched);
  return scaled(both, best === 0 ? 0 : Math.max(share, nearness) / best);
}

/** Of those whose words fit best, the nearest. */
function cosineOfBest(scores: Float32Array, bestWords: number, cosines: Float32Array): number {
  let cosine = -1;
  for (let chunk = 0; chunk < scores.length; chunk++)
    if (scores[chunk] === bestWords) cosine = Math.max(cosine, cosines[chunk] ?? 0);
  return cosine;
}

/** Of the numbers of searched chunks, times `sign`. */
function greatest(numbers: Float32Array, isSearched: Uint8Array, sign = 1): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < numbers.length; at++) {
    const number = sign * (numbers[at] ?? 0);
    if (number > most && isSearched[at] === 1) most = number;
  }
  return most;
}

function scaled(numbers: Float32Array, by: number): Float32Array {
  const scaled = new Float32Array(numbers.length);
  for (let at = 0; at < numbers.length; at++) scaled[at] = Math.min((numbers[at] ?? 0) * by, 1);
  return scaled;
}
