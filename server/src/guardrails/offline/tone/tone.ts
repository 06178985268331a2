/** How hateful, or how prejudiced, a sentence is: two tables of weights, made by `scripts/train-guardrails.mjs`. */
import { readFileSync } from "node:fs";
import { type Reading, readingOf, TABLE_SIZE } from "./features.ts";
import { languagesOf } from "./languages.ts";
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
  return readingsOf(sentence).reduce((most, reading) => Math.max(most, scoreIn(reading, kind)), 0);
}

/** Both kinds look at a sentence, one after the other: what takes long is done once for them. */
let last: { sentence: string; readings: readonly Reading[] } = { sentence: "", readings: [] };

function readingsOf(sentence: string): readonly Reading[] {
  if (last.sentence !== sentence) {
    const words = plainWords(sentence);
    const languages = words.length === 0 ? [] : languagesOf(words);
    last = { sentence, readings: languages.map((language) => readingOf(sentence, language)) };
  }
  return last.readings;
}

function scoreIn({ places, kinds }: Reading, kind: keyof typeof FILES): number {
  const { bias, scale, table } = weightsOf(kind);
  const score = scoreOf(places, bias, (place) => (table[place] ?? 0) * scale);
  return NEEDED[kind].some((each) => kinds.has(each)) ? score : score * WITHOUT[kind];
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
