/**
 * What a sentence is weighed by: its words and pairs of words, parts of words, what kinds of words it has, and which of them
 * stand together. Each is a place in a table that its hash names.
 */
import { categoriesOf } from "./lexicon.ts";
import { plainWords } from "./plain-words.ts";

export const TABLE_SIZE = 1 << 15;
const WORDS_MAX = 400;
const PART_CHARS = [3, 4, 5] as const;
/** Words that are this far apart stand together. */
const NEAR = 4;

/** The places of a sentence's features, each once. */
export function featuresOf(sentence: string): number[] {
  const words = plainWords(sentence).slice(0, WORDS_MAX);
  const kinds = words.map(categoriesOf);
  const features = new Set<string>();
  for (const [index, word] of words.entries()) {
    features.add(`w ${word}`).add(`p ${words[index - 1] ?? "^"} ${word}`);
    const edged = `<${word}>`;
    for (const chars of PART_CHARS) {
      for (let at = 0; at + chars <= edged.length; at++) features.add(`c ${edged.slice(at, at + chars)}`);
    }
    for (const kind of kinds[index] ?? []) {
      features.add(`k ${kind}`);
      for (let next = index + 1; next <= index + NEAR; next++)
        for (const other of kinds[next] ?? []) features.add(`n ${kind} ${other}`);
    }
    const pattern = words
      .slice(index, index + 3)
      .map((each, at) => kinds[index + at]?.[0] ?? (each.length < 4 ? each : "_"));
    features.add(`s ${pattern.join(" ")}`);
  }
  const present = [...new Set(kinds.flat())].sort();
  for (const [index, kind] of present.entries())
    for (const other of present.slice(index + 1)) features.add(`t ${kind} ${other}`);
  if (/["“”„«»‘]|'\w.*\w'/.test(sentence)) features.add("quotes");
  if (sentence.trimEnd().endsWith("?")) features.add("asks");
  return [...new Set([...features].map(placeOf))];
}

/** Whether a sentence has a word of one of these kinds. */
export function hasAny(sentence: string, kinds: readonly string[]): boolean {
  return plainWords(sentence).some((word) => categoriesOf(word).some((kind) => kinds.includes(kind)));
}

/** FNV-1a. */
function placeOf(feature: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < feature.length; at++) hash = Math.imul(hash ^ feature.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % TABLE_SIZE;
}
