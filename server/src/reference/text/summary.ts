/**
 * Extractive summaries: sentences are ranked by how much they have in common with the others (LexRank), by where they
 * stand and by cue phrases, and chosen so that each adds something (maximal marginal relevance). The text's own
 * sentences are given in their order. Captions, table rows and references are left out.
 */

import { sentencesOf, termsOf } from "./sentences.ts";

const defaultSentences = 3;
const summarySentencesMax = 50;
/** The similarity matrix is quadratic: 400 sentences are 80,000 comparisons. */
const rankedMax = 400;
const rounds = 20;
const damping = 0.85;

/** A sentence and its place among the sentences of its text. */
export type RankedSentence = { sentence: string; place: number };

/** The sentences that say most of a text, at most `count`, in the order of the text. */
export function summarize(text: string, count = defaultSentences): string[] {
  return rankSentences(text, count)
    .sort((a, b) => a.place - b.place)
    .map(({ sentence }) => sentence);
}

/** The sentences that say most of a text, at most `count`: first the one to keep if it were only one, then what adds most to it. */
export function rankSentences(text: string, count: number): RankedSentence[] {
  const all = sentencesOf(text);
  const prose = all.filter(isProse);
  const candidates = (prose.length === 0 ? all : prose)
    .map((sentence, place) => ({ sentence, place, terms: termsOf(sentence) }))
    .filter(({ terms }) => terms.length > 0);
  const wanted = Math.max(1, Math.min(count, summarySentencesMax));
  if (candidates.length <= wanted) return candidates.map(({ sentence, place }) => ({ sentence, place }));

  const rarity = rarities(candidates.map(({ terms }) => terms));
  const vectors = candidates.map(({ terms }) => vectorOf(terms, rarity));
  const total = candidates.length;
  const ranked = shortlist(vectors).map((index) => ({ ...candidates[index], index, vector: vectors[index] }));
  const similar = ranked.map((a) =>
    ranked.map((b) => (a === b || a.vector === undefined || b.vector === undefined ? 0 : cosine(a.vector, b.vector))),
  );
  const central = centrality(similar);
  const highest = Math.max(...central, Number.EPSILON);
  const worth = ranked.map(({ sentence = "", index }, rank) => {
    const position = index === 0 ? 1 : index / total < 0.2 ? 0.6 : index / total > 0.9 ? 0.35 : 0.2;
    const length = sentence.length < 40 ? -0.25 : sentence.length > 500 ? -0.15 : 0;
    return (central[rank] ?? 0) / highest + position * 0.7 + (cue.test(sentence) ? 0.2 : 0) + length;
  });

  const chosen: number[] = [];
  while (chosen.length < wanted) {
    let best: { rank: number; value: number } | undefined;
    for (let rank = 0; rank < ranked.length; rank += 1) {
      if (chosen.includes(rank)) continue;
      const repeats = Math.max(0, ...chosen.map((other) => similar[rank]?.[other] ?? 0));
      const value = 0.7 * (worth[rank] ?? 0) - 0.9 * repeats;
      if (best === undefined || value > best.value) best = { rank, value };
    }
    if (best === undefined) break;
    chosen.push(best.rank);
  }
  return chosen.flatMap((rank) => {
    const { sentence, place } = ranked[rank] ?? {};
    return sentence === undefined || place === undefined ? [] : [{ sentence, place }];
  });
}

const cue =
  /\b(?:in summary|in conclusion|to conclude|overall|in short|the main|most important|significant(?:ly)?|importantly|this paper|we (?:show|find|propose|present)|as a result|therefore|results? (?:show|suggest)|key)\b/i;

function isProse(sentence: string): boolean {
  if (/^(?:#{1,6} |figure|fig\.|table|\[\d+\]|source:|copyright|https?:)/i.test(sentence)) return false;
  if ((sentence.match(/[|\t]/g) ?? []).length >= 2) return false;
  const letters = (sentence.match(/\p{L}/gu) ?? []).length;
  return letters / sentence.length > 0.55 && (/\s/.test(sentence) || /[\u3040-\u9fff]/.test(sentence));
}

type Vector = { weights: ReadonlyMap<string, number>; length: number };

function rarities(documents: readonly (readonly string[])[]): Map<string, number> {
  const frequency = new Map<string, number>();
  for (const terms of documents) for (const term of new Set(terms)) frequency.set(term, (frequency.get(term) ?? 0) + 1);
  return new Map([...frequency].map(([term, count]) => [term, Math.log(1 + documents.length / count)]));
}

function vectorOf(terms: readonly string[], rarity: ReadonlyMap<string, number>): Vector {
  const weights = new Map<string, number>();
  for (const term of terms) weights.set(term, (weights.get(term) ?? 0) + (rarity.get(term) ?? 0));
  return { weights, length: Math.sqrt([...weights.values()].reduce((sum, weight) => sum + weight * weight, 0)) };
}

function cosine(a: Vector, b: Vector): number {
  const [small, large] = a.weights.size <= b.weights.size ? [a, b] : [b, a];
  let product = 0;
  for (const [term, weight] of small.weights) product += weight * (large.weights.get(term) ?? 0);
  return product === 0 ? 0 : product / (a.length * b.length);
}

/** Of a long text the sentences nearest to its centre, and its first ones, stand for the rest. */
function shortlist(vectors: readonly Vector[]): number[] {
  const indexes = vectors.map((_, index) => index);
  if (indexes.length <= rankedMax) return indexes;
  const sum = new Map<string, number>();
  for (const { weights, length } of vectors)
    for (const [term, weight] of weights) sum.set(term, (sum.get(term) ?? 0) + weight / length);
  const centre: Vector = {
    weights: sum,
    length: Math.sqrt([...sum.values()].reduce((total, weight) => total + weight * weight, 0)),
  };
  const opening = 10;
  const closeness = vectors.map((vector) => cosine(vector, centre));
  const nearest = indexes.slice(opening).sort((a, b) => (closeness[b] ?? 0) - (closeness[a] ?? 0));
  return [...indexes.slice(0, opening), ...nearest.slice(0, rankedMax - opening)].sort((a, b) => a - b);
}

/** PageRank over sentences, edges weighed by similarity. */
function centrality(similar: readonly (readonly number[])[]): number[] {
  const size = similar.length;
  const degree = similar.map((row) => row.reduce((sum, value) => sum + value, 0));
  let score = similar.map(() => 1 / size);
  for (let round = 0; round < rounds; round += 1) {
    const next = new Array<number>(size).fill((1 - damping) / size);
    for (let from = 0; from < size; from += 1) {
      const share = (damping * (score[from] ?? 0)) / (degree[from] === 0 ? 1 : (degree[from] ?? 1));
      const row = similar[from] ?? [];
      for (let to = 0; to < size; to += 1) next[to] = (next[to] ?? 0) + share * (row[to] ?? 0);
    }
    score = next;
  }
  return score;
}
