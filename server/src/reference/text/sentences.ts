/**
 * Text cut into sentences and words, in time linear in its length and bounded in number. Patterns cut it:
 * `Intl.Segmenter` ends sentences after "Dr." and inside Markdown and paths, and takes twenty times as long for words.
 */

import { irregularForms } from "../irregular-forms.ts";

const sentencesMax = 4_000;
const sentenceCharsMax = 1_500;

/** The sentences of a text, in order. A line break ends a sentence only where a paragraph, a list item or a heading ends. */
export function sentencesOf(text: string): string[] {
  const sentences: string[] = [];
  for (const paragraph of text.split(/\n\s*\n|\n(?=\s*(?:[-*•#>]|\d{1,3}[.)])\s)|(?<=[.!?:。！？])\s*\n/)) {
    const line = paragraph.replace(/\s+/g, " ").trim();
    if (line === "") continue;
    let start = 0;
    for (const end of line.matchAll(/[.!?؟۔।]+["'”’»)\]]*\s+(?=["'“‘«([]?[\p{Lu}\p{Lo}\p{N}])|[。！？]+/gu)) {
      const upTo = end.index + end[0].length;
      if (abbreviation.test(line.slice(Math.max(0, end.index - 12), end.index + 1))) continue;
      push(sentences, line.slice(start, upTo));
      start = upTo;
      if (sentences.length >= sentencesMax) return sentences;
    }
    push(sentences, line.slice(start));
    if (sentences.length >= sentencesMax) return sentences;
  }
  return sentences;
}

const abbreviation =
  /(?:^|[\s(])(?:Mr|Mrs|Ms|Dr|Prof|St|Sr|Jr|vs|etc|approx|No|Fig|Inc|Ltd|Co|Corp|Gen|Col|Lt|Sen|Rep|Mt|e\.g|i\.e|cf|al|\p{Lu})\.$/u;

function push(sentences: string[], sentence: string): void {
  const trimmed = sentence.trim();
  if (trimmed !== "") sentences.push(trimmed.slice(0, sentenceCharsMax));
}

/** The words that carry a text's meaning, lower case and without their endings. */
export function termsOf(text: string): string[] {
  return (text.toLowerCase().match(/[\p{L}\p{N}\p{M}]+(?:['’][\p{L}]+)?/gu) ?? [])
    .flatMap((word) => (unspaced.test(word) ? pairsOf(word) : [word]))
    .filter((word) => !emptyWords.has(word))
    .map(stem);
}

/** Scripts that are written without spaces: every two neighbours are a term, as searches of them usually have it. */
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;

function pairsOf(word: string): string[] {
  const signs = [...word];
  return signs.length < 2 ? signs : signs.slice(1).map((sign, at) => `${signs[at]}${sign}`);
}

/** A light stemmer: enough for "founded" to meet "founder" and "cities" to meet "city". */
function stem(word: string): string {
  const plain = word.replace(/['’]s?$/, "");
  if (/\d/.test(plain)) return plain;
  let stemmed = irregularForms.get(plain) ?? plain;
  // "discovered" loses "ed" and then, as "discover" does, "er".
  for (let round = 0; round < 2; round += 1) {
    const ending = wordEndings.find(([suffix]) => stemmed.endsWith(suffix) && stemmed.length - suffix.length >= 3);
    if (ending === undefined) break;
    stemmed = stemmed.slice(0, -ending[0].length) + ending[1];
  }
  return stemmed.length <= 3 ? stemmed : stemmed.replace(/([bdgklmnprt])\1$/, "$1").replace(/e$/, "");
}

const wordEndings: readonly (readonly [string, string])[] = [
  ["ization", "ize"],
  ["ational", "ate"],
  ["iveness", "ive"],
  ["fulness", "ful"],
  ["ations", "ate"],
  ["ation", "ate"],
  ["ments", ""],
  ["ment", ""],
  ["ingly", ""],
  ["edly", ""],
  ["ings", ""],
  ["ing", ""],
  ["iest", "y"],
  ["ies", "y"],
  ["ied", "y"],
  ["ors", ""],
  ["ers", ""],
  ["or", ""],
  ["er", ""],
  ["ed", ""],
  ["es", ""],
  ["ly", ""],
  ["s", ""],
];

/** English words that carry no meaning of their own, in lower case. */
export const emptyWords: ReadonlySet<string> = new Set(
  `a about above after again all also am an and any are as at be because been before being below between both but by can could did do does doing
  down during each few for from further had has have having he her here hers him his how i if in into is it its itself just me more most my no nor
  not of off on once only or other our out over own please same she should so some such than that the their them then there these they this those
  through to too under until up very was we were what when where which while who whom whose why will with would you your according based following
  text passage document context article tell give say says said mention mentioned question answer s t let us it's what's who's`.split(
    /\s+/,
  ),
);
