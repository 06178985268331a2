/**
 * Answers from a text that is given: the sentences that best meet the question's words, weighed as BM25 does, with a
 * preference for the sort of thing that is asked for (a person, a time, a place, a number).
 */

import { sentencesOf, termsOf } from "./sentences.ts";

export type Extract = { sentence: string; index: number; score: number };

/**
 * The sentences of `text` that answer `question`, best first, at most `count`. None when the text has too little of what
 * is asked: an answer from elsewhere is then better.
 */
export function extractAnswers(question: string, text: string, count = 2): Extract[] {
  const wanted = [...new Set(termsOf(question.slice(0, questionCharsMax)))].slice(0, questionTermsMax);
  if (wanted.length === 0) return [];
  const sentences = [...new Set(sentencesOf(text))].filter((sentence) => !sentence.endsWith("?"));
  const read = sentences.map((sentence) => termsOf(sentence));
  const frequency = new Map<string, number>();
  for (const terms of read) for (const term of new Set(terms)) frequency.set(term, (frequency.get(term) ?? 0) + 1);
  const rarity = (term: string) =>
    Math.log(1 + (sentences.length - (frequency.get(term) ?? 0) + 0.5) / ((frequency.get(term) ?? 0) + 0.5));
  const average = read.reduce((sum, terms) => sum + terms.length, 0) / Math.max(1, read.length);
  const wholeWeight = wanted.reduce((sum, term) => sum + (frequency.has(term) ? rarity(term) : unknownWeight), 0);
  const kind = expectation(question);

  const ranked = sentences.flatMap((sentence, index): Extract[] => {
    const own = matches(wanted, read[index] ?? []);
    if (own.size === 0) return [];
    let score = 0;
    let weight = 0;
    for (const [term, times] of own) {
      score += (rarity(term) * times * (k1 + 1)) / (times + k1 * (1 - b + (b * (read[index]?.length ?? 0)) / average));
      weight += rarity(term);
    }
    // "She founded it in 1911." belongs to the sentence before, which says who she is.
    const before = index === 0 ? 0 : matches(wanted, read[index - 1] ?? []).size;
    if (/^(?:he|she|it|they|this|these|that)\b/i.test(sentence)) score += before * 0.3;
    if (kind?.test(sentence) === true) score *= 1.35;
    return weight / wholeWeight >= coverageMin ? [{ sentence, index, score }] : [];
  });
  ranked.sort((x, y) => y.score - x.score || x.index - y.index);
  const best = ranked[0]?.score ?? 0;
  return ranked.slice(0, count).filter(({ score }) => score >= best * closeness);
}

const questionCharsMax = 1_000;
const questionTermsMax = 40;
const k1 = 1.2;
const b = 0.75;
/** A word that the text lacks counts against the text, but not so much that a synonym spoils the answer. */
const unknownWeight = 1.2;
const coverageMin = 0.3;
/** A second sentence joins only when it is about as good as the first. */
const closeness = 0.85;

function matches(wanted: readonly string[], terms: readonly string[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const term of terms) if (wanted.includes(term)) found.set(term, (found.get(term) ?? 0) + 1);
  return found;
}

function expectation(question: string): RegExp | undefined {
  const asked = question.toLowerCase();
  if (/\b(?:who|whose|whom|by whom)\b/.test(asked)) return /\p{Lu}\p{Ll}+ \p{Lu}\p{Ll}+|\b(?:he|she|they)\b/u;
  if (/\bwhen\b|\bwhat (?:year|date|day|time|month)\b|\bhow long ago\b/.test(asked))
    return /\b\d{4}\b|\b\d{1,2}(?::\d{2})?\s?(?:am|pm)\b|\b(?:January|February|March|April|May|June|July|August|September|October|November|December|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|century|yesterday|today|tomorrow)\b/i;
  if (/\bwhere\b/.test(asked)) return /\b(?:in|at|near|from|to|on) (?:the )?\p{Lu}/u;
  if (
    /\bhow (?:many|much|old|long|far|tall|big|high|large|often|fast)\b|\bwhat (?:percentage|number|price|cost|amount)\b/.test(
      asked,
    )
  )
    return /\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|hundred|thousand|million|half|dozen)\b/i;
  if (/\bwhy\b/.test(asked)) return /\b(?:because|since|due to|so that|in order to|therefore|caused?|reason)\b/i;
  return undefined;
}
