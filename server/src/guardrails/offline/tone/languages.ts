/** Which language a sentence is of, by its usual words: each has words of its own for what hurts. */
import { english, isEnglishCurse } from "./lexicon/english.ts";
import { french } from "./lexicon/french.ts";
import { german } from "./lexicon/german.ts";
import { italian } from "./lexicon/italian.ts";
import type { Lexicon } from "./lexicon/lexicon.ts";
import { portuguese } from "./lexicon/portuguese.ts";
import { spanish } from "./lexicon/spanish.ts";

const LEXICONS = { en: english, de: german, fr: french, es: spanish, it: italian, pt: portuguese };
export type Language = keyof typeof LEXICONS;
const OTHERS: readonly (readonly [Language, Lexicon])[] = [
  ["de", german],
  ["fr", french],
  ["es", spanish],
  ["it", italian],
  ["pt", portuguese],
];

/** Those that have most of the words: several where it cannot be told, English where none has any. */
export function languagesOf(words: readonly string[]): Language[] {
  const ownOf = ({ isOwn }: Lexicon) => words.filter(isOwn).length;
  const counts = [["en", ownOf(english)] as const, ...OTHERS.map(([name, lexicon]) => [name, ownOf(lexicon)] as const)];
  const most = Math.max(...counts.map(([, count]) => count));
  return most === 0 ? ["en"] : counts.flatMap(([name, count]) => (count === most ? [name] : []));
}

/** The categories that a word belongs to in a sentence of this language. */
export function categoriesOf(word: string, language: Language): readonly string[] {
  const own = LEXICONS[language].categoriesOf(word);
  return language !== "en" && !own.includes("curse") && isEnglishCurse(word) ? ["curse", ...own] : own;
}
