/** How hateful, or how prejudiced, a sentence is: two tables of weights, made by `scripts/train-guardrails.mjs`. */
import { readFileSync } from "node:fs";
import { featuresOf, TABLE_SIZE } from "./features.ts";
import { categoriesOf, type Language, languagesOf } from "./languages.ts";
import { plainWords } from "./plain-words.ts";

type Weights = { bias: number; scale: number; table: Int8Array };

const FILES = { hap: "hap", socialBias: "social-bias" } as const;
const loaded = new Map<keyof typeof FILES, Weights>();
/** A float for the bias, one for the scale, and a byte for each feature. */
const HEAD_BYTES = 8;

/**
 * What a sentence must have for its whole score: prejudice is against a group, and whoever hurts somebody names a curse, an
 * insult or a threat. Without one the rest is worth less.
 */
const NEEDED = { hap: ["curse", "mild", "insult", "harm"], socialBias: ["group"] } as const;
const WITHOUT = { hap: 0.75, socialBias: 0.5 };

/** From 0 to 1. Where its language cannot be told, the most that it has in any. */
export function sentenceScore(kind: keyof typeof FILES, sentence: string): number {
  const words = plainWords(sentence);
  if (words.length === 0) return 0;
  return Math.max(...languagesOf(words).map((language) => scoreIn(language, kind, sentence, words)));
}

function scoreIn(language: Language, kind: keyof typeof FILES, sentence: string, words: readonly string[]): number {
  const { bias, scale, table } = weightsOf(kind);
  const score = scoreOf(featuresOf(sentence, language), bias, (place) => (table[place] ?? 0) * scale);
  const needed: readonly string[] = NEEDED[kind];
  const isWhole = words.some((word) => categoriesOf(word, language).some((each) => needed.includes(each)));
  return isWhole ? score : score * WITHOUT[kind];
}

/** A sentence counts by the average of what is in it, so that a long one is not hateful for its length. */
export function scoreOf(features: readonly number[], bias: number, weightOf: (place: number) => number): number {
  const sum = features.reduce((total, place) => total + weightOf(place), 0);
  return 1 / (1 + Math.exp(-(bias + sum / Math.sqrt(features.length || 1))));
}

function weightsOf(kind: keyof typeof FILES): Weights {
  const known = loaded.get(kind);
  if (known) return known;
  const bytes = readFileSync(new URL(`../../../../assets/guardrails/${FILES[kind]}.bin`, import.meta.url));
  const weights = {
    bias: bytes.readFloatLE(0),
    scale: bytes.readFloatLE(4),
    table: new Int8Array(bytes.buffer, bytes.byteOffset + HEAD_BYTES, TABLE_SIZE),
  };
  loaded.set(kind, weights);
  return weights;
}
