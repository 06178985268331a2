/**
 * What a sentence is weighed by: its words and pairs of words, parts of words, what kinds of words it has, and which of them
 * stand together. Each is a place in a table that its hash names. Words are those of one language; what kinds of words do
 * together is the same in all.
 */
import { categoriesOf, type Language } from "./languages.ts";
import { plainWords } from "./plain-words.ts";

export const TABLE_SIZE = 1 << 17;
const WORDS_MAX = 400;
const PART_CHARS = [3, 4, 5] as const;
/** Words that are this far apart stand together. */
const NEAR = 4;

/** A sentence as one of a language: the places of its features, each once, and the kinds of words that it has. */
export type Reading = { places: readonly number[]; kinds: ReadonlySet<string> };

/** What it quotes is weighed by its kinds of words alone. */
export function readingOf(sentence: string, language: Language): Reading {
  const { said, quoted } = wordsOf(sentence);
  const words = said.slice(0, WORDS_MAX);
  const kinds = words.map((word) => categoriesOf(word, language));
  const own = language === "en" ? "" : `${language} `;
  const features = new Set<string>();
  const addKinds = (feature: string) => features.add(feature).add(own + feature);
  for (const [index, word] of words.entries()) {
    features.add(`${own}w ${word}`).add(`${own}p ${words[index - 1] ?? "^"} ${word}`);
    const edged = `<${word}>`;
    for (const chars of PART_CHARS) {
      for (let at = 0; at + chars <= edged.length; at++) features.add(`${own}c ${edged.slice(at, at + chars)}`);
    }
    for (const kind of kinds[index] ?? []) {
      addKinds(`k ${kind}`);
      for (let next = index + 1; next <= index + NEAR; next++)
        for (const other of kinds[next] ?? []) addKinds(`n ${kind} ${other}`);
    }
    const pattern = words
      .slice(index, index + 3)
      .map((each, at) => kinds[index + at]?.[0] ?? (each.length < 4 ? each : "_"));
    features.add(`${own}s ${pattern.join(" ")}`);
  }
  const present = [...new Set(kinds.flat())].sort();
  for (const [index, kind] of present.entries())
    for (const other of present.slice(index + 1)) addKinds(`t ${kind} ${other}`);
  const quotedKinds = new Set(quoted.slice(0, WORDS_MAX).flatMap((word) => categoriesOf(word, language)));
  for (const kind of quotedKinds) {
    addKinds(`q ${kind}`);
    for (const other of present) addKinds(`o ${kind} ${other}`);
  }
  if (quoted.length > 0) addKinds("quotes");
  if (sentence.trimEnd().endsWith("?")) addKinds("asks");
  return { places: [...new Set([...features].map(placeOf))], kinds: new Set([...present, ...quotedKinds]) };
}

const QUOTED = /["“„«»‘]([^"“”„«»‘’]{1,300})["”“»«’]|(?<![\p{L}\d])'([^']{2,300})'(?![\p{L}\d])/gu;
/** With fewer words beside it, a quotation is all that is said. */
const SAID_MIN = 3;

function wordsOf(sentence: string): { said: string[]; quoted: string[] } {
  const quoted: string[] = [];
  const rest = sentence.replace(QUOTED, (_, double, single) => {
    quoted.push(...plainWords(String(double ?? single)));
    return " ";
  });
  const said = plainWords(rest);
  return quoted.length === 0 || said.length < SAID_MIN ? { said: plainWords(sentence), quoted: [] } : { said, quoted };
}

/** FNV-1a. */
function placeOf(feature: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < feature.length; at++) hash = Math.imul(hash ^ feature.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % TABLE_SIZE;
}
