/**
 * What of a page's Markdown is running text: headings, tables, captions, code and pictures are left out, links and
 * emphasis leave their words. And its headings.
 */
import type { DocumentPage } from "../../../task/document.ts";

export type PlacedHeading = { title: string; level: number /** Index of its page. */; page: number };

const FENCE = /^\s*(```|~~~)/;
const HEADING = /^\s{0,3}(#{1,6})\s+(\S.{0,999})$/;
const TABLE_ROW = /^\s*\|.*\|\s*$/;
const RULE = /^\s*([-*_]\s*){3,}$/;
const LIST_MARK = /^\s*(?:[-*+•]|\d{1,3}[.)])\s+(?:\[[ x]\]\s+)?/i;
const CAPTION = /^\s*(?:\*|_)*(?:figure|fig\.|table|abbildung|abb\.|tabelle|tab\.|source|quelle)\s*\d*\s*[:.]/i;
const SENTENCE_END = /[.!?。！？…][)"'”’»\]]*$/;

/** The running text of a page, paragraph by paragraph. An item of a list is one when it is a whole sentence. */
export function proseOf(markdown: string): string {
  const paragraphs: string[] = [];
  let lines: string[] = [];
  let item = false;
  const close = () => {
    const text = lines.join(" ");
    if (text !== "" && (!item || SENTENCE_END.test(text))) paragraphs.push(text);
    lines = [];
    item = false;
  };
  for (const line of outsideCode(markdown)) {
    const begins = LIST_MARK.test(line);
    const skipped = line.trim() === "" || HEADING.test(line) || TABLE_ROW.test(line) || RULE.test(line);
    if (skipped || begins) close();
    if (skipped || CAPTION.test(line)) continue;
    item ||= begins;
    lines.push(withoutMarks(line.replace(LIST_MARK, "").replace(/^\s*(?:>\s?)+/, "")));
  }
  close();
  return paragraphs.join("\n\n");
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
