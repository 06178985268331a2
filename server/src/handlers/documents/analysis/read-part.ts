/** Reads one part of a document, counts and ranks its contents. Pure, and slow: it runs in another process. */
import { sentencesOf } from "../../../reference/text/sentences.ts";
import { rankSentences } from "../../../reference/text/summary.ts";
import type { DocumentPage } from "../../../task/documents/document.ts";
import { namesOf } from "./names.ts";
import type { DocumentPart } from "./part.ts";
import { CONTEXTS_MAX, ENTITIES_MAX, HEADINGS_MAX, PAIRS_MAX, PHRASES_MAX, SENTENCES_MAX } from "./part-bounds.ts";
import { cellsOf, headingsOf, proseOf } from "./prose.ts";
import { emptyWordsOf, joinerOf, wordsOf } from "./words.ts";

const PHRASE_WORDS_MAX = 3;
/** A heading tells the subject of its text. */
const HEADING_WEIGHT = 3;
/** Sentences whose names are looked for: the tagger takes about 0.2 ms for each. */
const TAGGED_MAX = 2_000;
const CONTEXT_CHARACTERS_MAX = 400;
/** Cells of a page that has only tables. */
const CELLS_MAX = 2_000;
/** Headings that name a place in a text and not a subject. */
const SECTION_NAMES =
  /^(?:[\dIVX.]+\s+)?(?:abstract|introduction|background|related work|(?:materials and )?methods?|results?|discussion|conclusions?|references|bibliography|acknowledge?ments?|appendix|(?:table of )?contents|index|notes|einleitung|methoden?|ergebnisse|diskussion|fazit|literatur|inhalt|inhaltsverzeichnis|anhang)$/iu;

/** `pages` follow one another; `language` is an ISO 639-1 code or `unknown`. */
export function readPart(pages: readonly DocumentPage[], language: string): DocumentPart {
  const prose = pages.map(({ index, content }) => ({ page: index, text: proseOf(content) }));
  const sentences = prose.flatMap(({ page, text }) => sentencesOf(text).map((sentence) => ({ page, sentence })));
  const pageOf = new Map(sentences.map(({ sentence, page }) => [sentence, page]));
  const headings = headingsOf(pages, HEADINGS_MAX);
  const tables = sentences.length > 0 ? [] : pages.map(({ content }) => cellsOf(content, CELLS_MAX));
  const ranked = rankSentences(prose.map(({ text }) => text).join("\n\n"), SENTENCES_MAX);
  return {
    sentences: ranked.map(({ sentence, place }) => ({ text: sentence, place, page: pageOf.get(sentence) ?? 0 })),
    length: sentences.length,
    headings,
    phrases: phrasesOf(
      [...sentences.map(({ sentence }) => sentence), ...tables.flatMap(({ cells }) => cells)],
      [...titlesOf(headings), ...tables.flatMap(({ heads }) => heads)],
      language,
    ),
    ...relationsOf(
      sentences.slice(0, TAGGED_MAX).map(({ sentence }) => sentence),
      language,
    ),
    contexts: contextsOf(pages, prose),
  };
}

function titlesOf(headings: readonly { title: string }[]): string[] {
  return headings.map(({ title }) => title).filter((title) => !SECTION_NAMES.test(title));
}

/** Runs of up to three words that neither begin nor end with an empty one, with how often they occur. */
function phrasesOf(
  sentences: readonly string[],
  headings: readonly string[],
  language: string,
): DocumentPart["phrases"] {
  const counts = new Map<string, { text: string; count: number }>();
  const empty = emptyWordsOf(language);
  const count = (text: string, weight: number) => {
    const words = wordsOf(text, language);
    const lower = words.map((word) => word.toLowerCase());
    const full = lower.map((word) => isFull(word, empty));
    for (let from = 0; from < words.length; from++) {
      if (!full[from]) continue;
      for (let to = from; to < Math.min(words.length, from + PHRASE_WORDS_MAX); to++) {
        if (!full[to]) continue;
        const phrase = lower.slice(from, to + 1).join(joinerOf(language));
        const known = counts.get(phrase);
        if (known) known.count += weight;
        else counts.set(phrase, { text: words.slice(from, to + 1).join(joinerOf(language)), count: weight });
      }
    }
  };
  for (const sentence of sentences) count(sentence, 1);
  for (const heading of headings) count(heading, HEADING_WEIGHT);
  return [...counts.values()].sort((a, b) => b.count - a.count || (a.text < b.text ? -1 : 1)).slice(0, PHRASES_MAX);
}

/** A word that can be a keyword: letters, and more than one of them unless its script has no spaces. */
function isFull(word: string, empty: ReadonlySet<string>): boolean {
  // In Japanese these are endings and small words.
  if (/^[\p{Script=Hiragana}ー]+$/u.test(word)) return false;
  return !empty.has(word) && /\p{L}/u.test(word) && word.length >= (/\p{Script=Latin}/u.test(word) ? 3 : 2);
}

/** The names, and the pairs that occur together. */
function relationsOf(sentences: readonly string[], language: string): Pick<DocumentPart, "entities" | "pairs"> {
  const entities = new Map<string, DocumentPart["entities"][number]>();
  const pairs = new Map<string, DocumentPart["pairs"][number]>();
  for (const sentence of sentences) {
    const names = namesOf(sentence, language);
    for (const { name, type } of names) {
      const known = entities.get(name);
      if (known) known.count++;
      else entities.set(name, { name, type, count: 1 });
    }
    const sorted = names.map(({ name }) => name).sort();
    for (const [at, source] of sorted.entries())
      for (const target of sorted.slice(at + 1)) {
        const known = pairs.get(`${source}\n${target}`);
        if (known) known.count++;
        else pairs.set(`${source}\n${target}`, { source, target, count: 1 });
      }
  }
  return {
    entities: [...entities.values()].sort((a, b) => b.count - a.count).slice(0, ENTITIES_MAX),
    pairs: [...pairs.values()].sort((a, b) => b.count - a.count).slice(0, PAIRS_MAX),
  };
}

/** The subject of a page: its heading and its most telling sentence. */
function contextsOf(pages: readonly DocumentPage[], prose: readonly { page: number; text: string }[]): string[] {
  const contexts: string[] = [];
  let under = "";
  for (const page of pages) {
    const headings = headingsOf([page], HEADINGS_MAX);
    const [sentence] = rankSentences(prose.find(({ page: at }) => at === page.index)?.text ?? "", 1);
    const heading = headings[0]?.title ?? (page.name || under);
    under = headings.at(-1)?.title ?? under;
    if (!sentence) continue;
    contexts.push(
      (heading === "" ? sentence.sentence : `${heading}: ${sentence.sentence}`).slice(0, CONTEXT_CHARACTERS_MAX),
    );
    if (contexts.length === CONTEXTS_MAX) break;
  }
  return contexts;
}
