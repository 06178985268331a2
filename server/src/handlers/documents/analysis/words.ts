/** Words of a text in its language: cut, counted, and those without meaning of their own. */
import {
  ara,
  ben,
  bul,
  cat,
  ces,
  dan,
  deu,
  ell,
  eng,
  est,
  eus,
  fas,
  fin,
  fra,
  gle,
  heb,
  hin,
  hrv,
  hun,
  hye,
  ind,
  ita,
  jpn,
  kor,
  lav,
  lit,
  mar,
  msa,
  nld,
  nob,
  pol,
  por,
  ron,
  rus,
  slk,
  slv,
  spa,
  swe,
  tha,
  tur,
  ukr,
  urd,
  vie,
  zho,
} from "stopword";
import { emptyWords as englishEmptyWords } from "../../../reference/text/sentences.ts";

/** By ISO 639-1. */
const STOP_WORDS: Readonly<Record<string, readonly string[]>> = {
  ar: ara,
  bn: ben,
  bg: bul,
  ca: cat,
  cs: ces,
  da: dan,
  de: deu,
  el: ell,
  en: eng,
  et: est,
  eu: eus,
  fa: fas,
  fi: fin,
  fr: fra,
  ga: gle,
  he: heb,
  hi: hin,
  hr: hrv,
  hu: hun,
  hy: hye,
  id: ind,
  it: ita,
  ja: jpn,
  ko: kor,
  lv: lav,
  lt: lit,
  mr: mar,
  ms: msa,
  nl: nld,
  no: nob,
  nb: nob,
  pl: pol,
  pt: por,
  ro: ron,
  ru: rus,
  sk: slk,
  sl: slv,
  es: spa,
  sv: swe,
  th: tha,
  tr: tur,
  uk: ukr,
  ur: urd,
  vi: vie,
  zh: zho,
};
/** Words that neither list of English stop words has, and that every document says of itself. */
const ALSO_EMPTY =
  `across along already although always among another anybody anyone anything around away become becomes been cannot
  come comes could day done else enough etc even ever every everybody everyone everything figure first get gets give given go goes
  got however instead last least less let like likely little made make makes many may maybe me might much must near need needs
  neither never new next nobody none nothing now often old one others otherwise page per perhaps put quite rather really said say
  says second see seem seems shall since somebody someone something sometimes soon still table take takes thing things though
  three thus together toward towards two unless upon us use used uses using usually via way ways well went whether whole whose
  within without yes yet`.split(/\s+/);

const UNSPACED: ReadonlySet<string> = new Set(["zh", "ja", "th"]);
const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*(?:['’.\-/][\p{L}\p{N}][\p{L}\p{N}\p{M}]*)*/gu;

const segmenters = new Map<string, Intl.Segmenter>();

/** Words in order. For a language without spaces by its dictionary; `text` should then be no more than a paragraph. */
export function wordsOf(text: string, language: string): string[] {
  if (!UNSPACED.has(language)) return text.match(WORD) ?? [];
  let segmenter = segmenters.get(language);
  if (!segmenter) {
    segmenter = new Intl.Segmenter(language, { granularity: "word" });
    segmenters.set(language, segmenter);
  }
  return [...segmenter.segment(text)].flatMap(({ segment, isWordLike }) => (isWordLike ? [segment] : []));
}

/** The text between the words of a phrase. */
export function joinerOf(language: string): string {
  return UNSPACED.has(language) ? "" : " ";
}

const emptyWords = new Map<string, ReadonlySet<string>>();

/** Words without meaning of their own, in lower case; English ones if the language has no list. */
export function emptyWordsOf(language: string): ReadonlySet<string> {
  let words = emptyWords.get(language);
  if (!words) {
    const own = STOP_WORDS[language] ?? [];
    words = new Set([
      ...own,
      ...(language === "en" || own.length === 0 ? [...eng, ...englishEmptyWords, ...ALSO_EMPTY] : []),
    ]);
    emptyWords.set(language, words);
  }
  return words;
}
