/** Puts the parts of a document together: its abstract, summary, outline, keywords, contexts and graph, in its own words. */
import { rankSentences } from "../../../reference/text/summary.ts";
import type { Analysis, DocumentGraph, Produced } from "../../../task/documents/document.ts";
import type { DocumentPart } from "./part.ts";
import { CONTEXTS_MAX } from "./part-bounds.ts";
import type { PlacedHeading } from "./prose.ts";
import { emptyWordsOf, joinerOf, wordsOf } from "./words.ts";

/** In words. */
const ABSTRACT = { min: 40, max: 120 };
const SUMMARY = { min: 100, max: 300 };
const KEYWORDS_MAX = 15;
const KEYWORDS_MIN = 5;
const OUTLINE_MAX = 500;
const GRAPH_ENTITIES_MAX = 50;
const GRAPH_RELATIONSHIPS_MAX = 100;

export type ToPutTogether = {
  parts: readonly DocumentPart[];
  language: string;
  /** The file's own outline; without one, its headings are used. */
  outline: readonly PlacedHeading[];
  outlineAsJson: boolean;
};

/** Only the requested analyses. */
export function putTogether(analyses: readonly Analysis[], document: ToPutTogether): Produced {
  const make: { [Name in Analysis]: () => Produced } = {
    abstract: () => ({ abstract: sentencesWithin(document, ABSTRACT) }),
    summary: () => ({ summary: sentencesWithin(document, SUMMARY) }),
    outline: () => ({ outline: outlineOf(document) }),
    keywords: () => ({ keywords: keywordsOf(document) }),
    contexts: () => ({
      contexts: evenly(
        document.parts.flatMap(({ contexts }) => contexts),
        CONTEXTS_MAX,
      ),
    }),
    graph: () => ({ graph: graphOf(document) }),
  };
  return Object.assign({}, ...analyses.map((analysis) => make[analysis]()));
}

/** A summary of the parts in at most so many words. */
export function summaryWithin(document: ToPutTogether, wordsMax: number): string {
  return sentencesWithin(document, { min: wordsMax, max: wordsMax });
}

/** The most telling sentences, in the order of the document, as many as fit between these numbers of words. */
function sentencesWithin({ parts, language }: ToPutTogether, { min, max }: { min: number; max: number }): string {
  let before = 0;
  const placed = parts.flatMap((part) => {
    const from = before;
    before += part.length;
    return part.sentences.map(({ text, place }) => ({ text, place: from + place }));
  });
  placed.sort((a, b) => a.place - b.place);
  const ranked = parts.length === 1 ? (parts[0]?.sentences ?? []) : inRank(placed);
  const chosen: { text: string; place: number }[] = [];
  let words = 0;
  for (const sentence of ranked) {
    const length = wordsOf(sentence.text, language).length;
    if (words + length > max || chosen.some(({ text }) => text === sentence.text)) continue;
    chosen.push(sentence);
    words += length;
    if (words >= (min + max) / 2) break;
  }
  return chosen
    .sort((a, b) => a.place - b.place)
    .map(({ text }) => text)
    .join(/^(zh|ja|th)$/.test(language) ? "" : " ");
}

/** The best sentences of all parts, ranked against one another. */
function inRank(placed: readonly { text: string; place: number }[]): { text: string; place: number }[] {
  const byText = new Map(placed.map((sentence) => [sentence.text, sentence]));
  return rankSentences(placed.map(({ text }) => text).join("\n\n"), 50).flatMap(
    ({ sentence }) => byText.get(sentence) ?? [],
  );
}

function outlineOf({ parts, outline, outlineAsJson }: ToPutTogether): string {
  const headings = (outline.length > 0 ? outline : parts.flatMap((part) => part.headings)).slice(0, OUTLINE_MAX);
  if (outlineAsJson) return JSON.stringify(nested(headings));
  const levels: number[] = [];
  return headings
    .map(({ title, level }) => {
      while (levels.length > 0 && (levels.at(-1) ?? 0) >= level) levels.pop();
      levels.push(level);
      return `${"  ".repeat(levels.length - 1)}- ${title}`;
    })
    .join("\n");
}

type OutlineNode = { title: string; level: number; page: number; children: OutlineNode[] };

function nested(headings: readonly PlacedHeading[]): OutlineNode[] {
  const roots: OutlineNode[] = [];
  const above: OutlineNode[] = [];
  for (const { title, level, page } of headings) {
    const node = { title, level, page: page + 1, children: [] };
    while ((above.at(-1)?.level ?? 0) >= level) above.pop();
    (above.at(-1)?.children ?? roots).push(node);
    above.push(node);
  }
  return roots;
}

/** Phrases that occur often for their length; of two that share all their words, the one that says more. */
function keywordsOf({ parts, language }: ToPutTogether): string[] {
  const counts = new Map<string, { text: string; count: number }>();
  for (const { text, count } of parts.flatMap(({ phrases }) => phrases)) {
    const known = counts.get(text.toLowerCase());
    if (known) known.count += count;
    else counts.set(text.toLowerCase(), { text, count });
  }
  const empty = emptyWordsOf(language);
  const wordsIn = (text: string) =>
    joinerOf(language) === ""
      ? [text]
      : text
          .toLowerCase()
          .split(" ")
          .filter((word) => !empty.has(word));
  const often = [...counts.values()].map(({ text, count }) => {
    const words = wordsIn(text);
    // A phrase counts for more than its words, once it is one: a pair that occurs once is chance.
    const worth = words.length === 1 ? count : count >= 2 ? count * (1 + 0.5 * (words.length - 1)) : 0.1;
    return { text, words, worth };
  });
  often.sort((a, b) => b.worth - a.worth || (a.text < b.text ? -1 : 1));
  const chosen: { text: string; words: string[]; worth: number }[] = [];
  for (const phrase of often) {
    if (chosen.length >= KEYWORDS_MAX) break;
    if (chosen.length >= KEYWORDS_MIN && phrase.worth < 2) break;
    if (!chosen.some(({ words }) => overlaps(words, phrase.words, language))) chosen.push(phrase);
  }
  return chosen.map(({ text }) => text);
}

function overlaps(a: readonly string[], b: readonly string[], language: string): boolean {
  if (joinerOf(language) === "") return [a, b].some(([one = ""], at) => one.includes((at === 0 ? b : a)[0] ?? ""));
  const stems = (words: readonly string[]) => words.map((word) => word.replace(/(?:ies|es|s|en|n|e)$/, ""));
  const [short, long] = a.length <= b.length ? [stems(a), stems(b)] : [stems(b), stems(a)];
  return short.every((word) => long.includes(word));
}

/** Its names and the pairs that occur together; without names, its keywords. */
function graphOf(document: ToPutTogether): DocumentGraph {
  const { parts } = document;
  const entities = new Map<string, DocumentGraph["entities"][number]>();
  for (const { name, type, count } of parts.flatMap((part) => part.entities)) {
    const known = entities.get(name);
    if (known) known.count += count;
    else entities.set(name, { name, type, count });
  }
  if (entities.size === 0) {
    for (const name of keywordsOf(document)) entities.set(name, { name, type: "term", count: timesOf(name, parts) });
  }
  const kept = [...entities.values()].sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
  const named = new Set(kept.slice(0, GRAPH_ENTITIES_MAX).map(({ name }) => name));
  const weights = new Map<string, DocumentGraph["relationships"][number]>();
  for (const { source, target, count } of parts.flatMap((part) => part.pairs)) {
    if (!named.has(source) || !named.has(target)) continue;
    const known = weights.get(`${source}\n${target}`);
    if (known) known.weight += count;
    else weights.set(`${source}\n${target}`, { source, target, weight: count });
  }
  return {
    entities: kept.slice(0, GRAPH_ENTITIES_MAX),
    relationships: [...weights.values()].sort((a, b) => b.weight - a.weight).slice(0, GRAPH_RELATIONSHIPS_MAX),
  };
}

function timesOf(phrase: string, parts: readonly DocumentPart[]): number {
  const counts = parts.map(({ phrases }) => phrases.find(({ text }) => text === phrase)?.count ?? 0);
  return Math.max(
    1,
    counts.reduce((sum, count) => sum + count, 0),
  );
}

/** At most `count` of them, spread over the whole list. */
function evenly<Item>(items: readonly Item[], count: number): Item[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, at) => items[Math.floor((at * items.length) / count)]).flatMap((item) =>
    item === undefined ? [] : [item],
  );
}
