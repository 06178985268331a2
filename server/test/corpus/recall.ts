/** How much of what must come out of a file did, and what is missing. */
import type { Expected } from "./expected.ts";

export type Found = { what: string; wanted: number; found: number; missing: string[] };

/** The pages of a file, as they were read. */
export type ReadPages = readonly { content: string }[];

/** One entry for each kind of thing that is expected of the file. */
export function foundOf(expected: Expected, pages: ReadPages): Found[] {
  const markdown = pages.map(({ content }) => content).join("\n\n");
  const { headings = [], says = [], rows = [], links = [], lacks = [], wordsMin } = expected;
  const lines = markdown.split("\n");
  const words = wordsMin === undefined ? null : new Set(wordsOf(markdown));
  return [
    inOrder(
      "headings",
      headings,
      lines.map((line) => line.trim()),
    ),
    words === null
      ? inOrder("sentences", says.map(compact), [compact(plainText(markdown))])
      : among("words", says.flatMap(wordsOf), words),
    inOrder(
      "rows",
      rows.map(rowText),
      lines.filter((line) => line.startsWith("|")).map((line) => rowText(cellsOf(line))),
    ),
    inOrder(
      "links",
      links.map(([text, url]) => `[${text}](${url})`),
      [markdown],
    ),
    among("furniture left out", lacks, { has: (text) => !markdown.includes(text) }),
  ].filter(({ wanted }) => wanted > 0);
}

/** Each after the one before it. */
function inOrder(what: string, wanted: readonly string[], texts: readonly string[]): Found {
  const missing: string[] = [];
  const whole = texts.length === 1 ? (texts[0] ?? "") : null;
  let at = 0;
  for (const each of wanted) {
    const next = whole === null ? texts.indexOf(each, at) : whole.indexOf(each, at);
    if (next < 0) missing.push(each);
    else at = next + (whole === null ? 1 : each.length);
  }
  return { what, wanted: wanted.length, found: wanted.length - missing.length, missing };
}

function among(what: string, wanted: readonly string[], all: { has: (text: string) => boolean }): Found {
  const missing = wanted.filter((each) => !all.has(each));
  return { what, wanted: wanted.length, found: wanted.length - missing.length, missing };
}

/** Without the marks of Markdown that stand inside of sentences. */
function plainText(markdown: string): string {
  return markdown
    .replaceAll(/\[\^\w+\]:?/g, "")
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll(/[*`]/g, "")
    .replaceAll(/\\(?=[^\w\s])/g, "");
}

/** Spaces within a line and breaks of lines are the page's; the indent of an item is its level. */
function compact(text: string): string {
  return text
    .split("\n")
    .map((line) =>
      /^\s*(-|\d+\.) /.test(line) ? `${/^\s*/.exec(line)?.[0].replaceAll(" ", "›")}${squeezed(line)}` : squeezed(line),
    )
    .join(" ");
}

function squeezed(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll(/ ?= ?/g, "=").trim();
}

function cellsOf(line: string): string[] {
  return line
    .replace(/^\|\s*/, "")
    .replace(/\s*\|\s*$/, "")
    .split(/\s*(?<!\\)\|\s?/);
}

function rowText(cells: readonly string[]): string {
  return cells.map((cell) => cell.trim()).join(" | ");
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}
