/**
 * The words of a text as a search compares them: in lower case, without accents, English ones by their stems. What looks
 * like a part number, an address or the name of a file (`XR-4471/B`) is there in its pieces and once more as a whole
 * without its joints, so that it is found however it is written. Scripts without spaces are parted by a dictionary.
 */
import { stemOf } from "./stemmer.ts";

/** Hears of each word of a text: what it is compared by, and where it stands, in UTF-16 units. */
export type Hearer = (term: string, start: number, end: number) => void;

const WORD = /[\p{L}\p{N}\p{M}\p{Co}]+/gu;
/** Single marks that join words to a compound. */
const JOINTS = "-_./:@#&+'’‐‑‒–";
/** What words of a language that are joined by hyphens do not have. */
const IDENTIFYING = /[\p{N}_./:@#&+]/u;
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u;
/** A longer run is parted piece by piece: the segmenter takes memory in proportion. */
const SEGMENTED_CHARACTERS_MAX = 1_000;
/** What is longer is compared by its beginning. */
const TERM_CHARACTERS_MAX = 64;
/** Words whose terms are remembered; those that were not met in the last as many are forgotten. */
const REMEMBERED_MAX = 50_000;

const FUNCTION_WORDS: ReadonlySet<string> = new Set(
  [
    "a about an and any are as at be because been but by can could did do does for from had has have how i if in into is",
    "it its may me might my no nor not of on or our shall should so some such than that the their them then there these",
    "they this those to was we were what when where which while who whom whose why will with would you your",
  ].flatMap((line) => line.split(" ").map(stemOf)),
);

const segmenter = new Intl.Segmenter(undefined, { granularity: "word" });
let remembered = new Map<string, string>();
let fading = new Map<string, string>();

const PLAIN = /^[a-z0-9]+$/i;

/**
 * In the order of the text; a compound follows its last piece. Plain words are left out where no term that is wanted has
 * their first letter (as a UTF-16 unit, in lower case).
 */
export function eachTerm(text: string, hear: Hearer, isWanted: (firstUnit: number) => boolean = () => true): void {
  /** Where the compound began that the last word belongs to, and where that word ended. */
  let begun = 0;
  let ended = -1;
  let pieces = 0;
  const close = () => {
    if (pieces < 2) return;
    const compound = text.slice(begun, ended);
    if (IDENTIFYING.test(compound)) hear(wholeOf(compound), begun, ended);
  };
  for (const { 0: word, index: start } of text.matchAll(WORD)) {
    if (start === ended + 1 && JOINTS.includes(text[ended] ?? " ")) pieces += 1;
    else {
      close();
      begun = start;
      pieces = 1;
    }
    ended = start + word.length;
    // Of letters and digits the lower case has this bit, and nothing that is done to a word changes its first letter.
    if (!isWanted(word.charCodeAt(0) | 0x20) && PLAIN.test(word)) continue;
    if (UNSPACED.test(word)) eachSegment(word, start, hear);
    else hearTerm(word, start, hear);
  }
  close();
}

/** A word may be nothing but marks that stand on what is no word: it has no term. */
function hearTerm(word: string, start: number, hear: Hearer): void {
  const term = termOf(word);
  if (term !== "") hear(term, start, start + word.length);
}

function eachSegment(run: string, start: number, hear: Hearer): void {
  for (let from = 0; from < run.length; from += SEGMENTED_CHARACTERS_MAX) {
    for (const { segment, index } of segmenter.segment(run.slice(from, from + SEGMENTED_CHARACTERS_MAX))) {
      hearTerm(segment, start + from + index, hear);
    }
  }
}

/** A compound without its joints. */
function wholeOf(compound: string): string {
  return folded(compound.replaceAll(/[^\p{L}\p{N}\p{M}\p{Co}]/gu, "")).slice(0, TERM_CHARACTERS_MAX);
}

function termOf(word: string): string {
  const known = remembered.get(word);
  if (known !== undefined) return known;
  const term = fading.get(word) ?? stemOf(folded(word)).slice(0, TERM_CHARACTERS_MAX);
  if (remembered.size >= REMEMBERED_MAX) {
    fading = remembered;
    remembered = new Map();
  }
  remembered.set(word, term);
  return term;
}

/** In lower case and without accents; wide and joined forms as the plain ones. */
function folded(word: string): string {
  const lower = word.toLowerCase();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the plain ones, which are nearly all.
  if (/^[\x00-\x7f]*$/.test(lower)) return lower;
  return lower
    .normalize("NFKD")
    .replaceAll(/[\u0300-\u036f]/g, "")
    .normalize("NFC");
}

/** The words of a question that say what it is about: those that hold a language together only where there are no others. */
export function questionTerms(question: string): Set<string> {
  const all = new Set<string>();
  eachTerm(question, (term) => all.add(term));
  const telling = new Set([...all].filter((term) => !FUNCTION_WORDS.has(term)));
  return telling.size > 0 ? telling : all;
}

/** A number of 53 bits for a term, the same in every process: two of a million terms share one with a chance of 1 in 18,000. */
export function hashOf(term: string): number {
  let low = 0xdeadbeef;
  let high = 0x41c6ce57;
  for (let at = 0; at < term.length; at++) {
    const unit = term.charCodeAt(at);
    low = Math.imul(low ^ unit, 2_654_435_761);
    high = Math.imul(high ^ unit, 1_597_334_677);
  }
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  return 0x1_0000_0000 * (high & 0x1f_ffff) + (low >>> 0);
}
