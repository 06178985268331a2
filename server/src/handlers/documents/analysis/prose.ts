/**
 * The running text of a page's Markdown: without headings, tables, captions, code and pictures, and with the words of links and
 * emphasis. And the page's headings.
 */
import type { DocumentPage } from "../../../task/documents/document.ts";

export type PlacedHeading = { title: string; level: number /** Index of its page. */; page: number };

const FENCE = /^\s*(```|~~~)/;
const HEADING = /^\s{0,3}(#{1,6})\s+(\S.{0,999})$/;
const TABLE_ROW = /^\s*\|.*\|\s*$/;
const RULE = /^\s*([-*_]\s*){3,}$/;
const LIST_MARK = /^\s*(?:[-*+•]|\d{1,3}[.)]|\d{1,3}(?:\.\d{1,3}){1,4}\.?(?=\s+["“„]?\p{Lu}))\s+(?:\[[ xX]\]\s+)?/u;
/** In mails: quoted text, its attribution, and signatures. */
const ANSWERED = /^\s*\\>/;
const ANSWERS = /^(?:On|Am|Le|El|Il|Op)\s.{1,200}:$/;
const SIGNATURE = /^\s*--\s*$/;
/** Before a speaker's notes on a slide. */
const NOTES = /^Notes: /;
/** A paragraph without the end of a sentence is a title, a greeting or a label if it is no longer. */
const LABEL_CHARACTERS_MAX = 100;
const CAPTION = /^\s*(?:\*|_)*(?:figure|fig\.|table|abbildung|abb\.|tabelle|tab\.|source|quelle)\s*\d*\s*[:.]/i;
const SENTENCE_END = /[.!?。！？…][)"'”’»\]]*$/;

/**
 * The running text of a page, paragraph by paragraph. A list item counts if it is a whole sentence; titles and labels count only if
 * there is nothing else.
 */
export function proseOf(markdown: string): string {
  const paragraphs = paragraphsOf(markdown);
  const sentences = paragraphs.filter((text) => text.length > LABEL_CHARACTERS_MAX || SENTENCE_END.test(text));
  return (sentences.length > 0 ? sentences : paragraphs).join("\n\n");
}

function paragraphsOf(markdown: string): string[] {
  const paragraphs: string[] = [];
  let lines: string[] = [];
  let item = false;
  let signed = false;
  const close = () => {
    const text = lines.join(" ").replace(NOTES, "");
    if (text !== "" && (!item || SENTENCE_END.test(text))) paragraphs.push(text);
    lines = [];
    item = false;
  };
  for (const line of outsideCode(markdown)) {
    const begins = LIST_MARK.test(line);
    const isHeading = HEADING.test(line);
    signed = !isHeading && (signed || SIGNATURE.test(line));
    const skipped = line.trim() === "" || isHeading || TABLE_ROW.test(line) || RULE.test(line) || isAnswered(line);
    if (skipped || begins || signed) close();
    if (skipped || signed || CAPTION.test(line)) continue;
    item ||= begins;
    lines.push(withoutMarks(line.replace(LIST_MARK, "").replace(/^\s*(?:>\s?)+/, "")));
  }
  close();
  return paragraphs;
}

function isAnswered(line: string): boolean {
  return ANSWERED.test(line) || ANSWERS.test(line);
}

/** The cells of a page's tables, header cells apart; at most about `limit` of each. */
export function cellsOf(markdown: string, limit: number): { heads: string[]; cells: string[] } {
  const heads: string[] = [];
  const cells: string[] = [];
  let isFirst = true;
  for (const line of outsideCode(markdown)) {
    const isRow = TABLE_ROW.test(line);
    const into = isFirst ? heads : cells;
    if (isRow && into.length < limit && !/^[\s|:-]+$/.test(line)) {
      const texts = line.split(/(?<!\\)\|/).map(withoutMarks);
      into.push(...texts.filter((text) => text !== ""));
    }
    isFirst = !isRow;
  }
  return { heads, cells };
}

/** The headings of pages, in order, at most `limit`. */
export function headingsOf(pages: readonly DocumentPage[], limit: number): PlacedHeading[] {
  const headings: PlacedHeading[] = [];
  for (const { index, content } of pages) {
    for (const line of outsideCode(content)) {
      const [, marks, title] = HEADING.exec(line) ?? [];
      const plain = withoutMarks((title ?? "").replace(/[\s#]+$/, ""));
      if (marks === undefined || plain === "") continue;
      headings.push({ title: plain.slice(0, TITLE_CHARACTERS_MAX), level: marks.length, page: index });
      if (headings.length === limit) return headings;
    }
  }
  return headings;
}

const TITLE_CHARACTERS_MAX = 200;

function* outsideCode(markdown: string): Iterable<string> {
  let inCode = false;
  for (const line of markdown.split("\n")) {
    if (FENCE.test(line)) inCode = !inCode;
    else if (!inCode) yield line;
  }
}

/** Each mark is looked for within bounds: on a hostile line, the time would grow with the square of its length. */
function withoutMarks(text: string): string {
  return text
    .replace(/!\[[^\][]{0,500}\]\([^()]{0,2000}\)/g, "")
    .replace(/\[([^\][]{0,500})\]\([^()]{0,2000}\)/g, "$1")
    .replace(/<[^<>]{1,200}>/g, "")
    .replace(/(\*\*|__|~~|`)(?=\S)(.{1,500}?)(?<=\S)\1/g, "$2")
    .replace(/(?<![\p{L}\p{N}])[*_](?=\S)([^*_]{1,500}?)(?<=\S)[*_](?![\p{L}\p{N}])/gu, "$1")
    .replace(/\\([\\`*_{}[\]()#+\-.!|<>])/g, "$1")
    .trim();
}
