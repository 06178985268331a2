/**
 * One score out of two: how well the words fit (BM25) and how near the meaning is (cosine). Both are put between 0 and 1
 * over the searched chunks and mixed by weight, since ranks that vote alike lose with a weak model: 5 to 15 points of
 * nDCG@10 on five of six sets.
 */
import type { LexicalScores } from "./lexical.ts";

/** How much a model's vectors count beside the words, and what its cosines mean. */
export type Trust = {
  /** Of the meaning; the words have the rest. */
  weight: number;
  /** The cosine of two texts that have nothing to do with each other, and of two that say the same. */
  strange: number;
  same: number;
};

/** Sums of word vectors: weak, and everything is a little alike. */
const STATIC: Trust = { weight: 0.2, strange: 0.1, same: 0.85 };
/** Models that read whole sentences. */
const CONTEXTUAL: Trust = { weight: 0.5, strange: 0.1, same: 0.75 };

export function trustIn(model: string): Trust {
  return model.startsWith("local:") ? STATIC : CONTEXTUAL;
}

/**
 * A score of 0..1 for each chunk. The best one has what the question reaches as a whole: its words' share in the rarest
 * that could be there, or its nearness; so scores of several questions can be compared, and have a threshold.
 */
export function fused({ scores, scoreMax }: LexicalScores, cosines: Float32Array | null, trust: Trust): Float32Array {
  const bestWords = scores.reduce((best, score) => Math.max(best, score), 0);
  const share = scoreMax === 0 ? 0 : bestWords / scoreMax;
  if (!cosines) return scores.map((score) => (bestWords === 0 ? 0 : (score / bestWords) * share));
  let nearest = Number.NEGATIVE_INFINITY;
  let farthest = Number.POSITIVE_INFINITY;
  for (const cosine of cosines) {
    if (cosine > nearest) nearest = cosine;
    if (cosine < farthest) farthest = cosine;
  }
  const nearness = within01((nearest - trust.strange) / (trust.same - trust.strange));
  const reached = Math.max(share, nearness);
  const spread = nearest - farthest;
  const weight = bestWords === 0 ? 1 : trust.weight;
  let best = 0;
  const mixed = scores.map((score, chunk) => {
    const words = bestWords === 0 ? 0 : score / bestWords;
    const meaning = spread === 0 ? 0 : ((cosines[chunk] ?? 0) - farthest) / spread;
    const both = (1 - weight) * words + weight * meaning;
    best = Math.max(best, both);
    return both;
  });
  return mixed.map((both) => (best === 0 ? 0 : (both / best) * reached));
}

function within01(value: number): number {
  return Math.min(Math.max(value, 0), 1);
}
