/**
 * The one writer of Markdown for every format that has structure of its own. A reader hands over blocks (headings,
 * paragraphs, items of lists, tables, code) whose text is inline Markdown already; this makes pages of them.
 *
 * It escapes as little as keeps the structure true. A backslash within a word would keep that word from being found, so
 * only what would begin a block, a tag, a link or a cell is escaped.
 */

import { markdownTable } from "./table.ts";

export type Block =
  | { kind: "heading"; level: number; text: string }
  | { kind: "paragraph"; text: string }
  /** `depth` from 0; `marker` is the number that an ordered list shows (`3.`, `b)`), null for a bullet. */
  | { kind: "item"; depth: number; marker: string | null; text: string }
  /** The first row is the header row. Every cell is inline Markdown. */
  | { kind: "table"; rows: string[][] }
  | { kind: "code"; text: string; language: string };

const LIST_DEPTH_MAX = 12;
const LEVEL_MAX = 6;
/** Most words are that already. */
const PLAIN = /^(?:[!-~]| (?! ))*$/;
/** There is nothing to escape in most of them. */
const ESCAPED = /[<`\]]/;

/** Without what only a screen or a printer needs: control characters, soft hyphens, invisible marks, kinds of spaces. */
export function plain(text: string): string {
  if (PLAIN.test(text)) return text;
  return text
    .replaceAll(/\s+/g, " ")
    .replaceAll(/[\p{Cc}\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/gu, "")
    .normalize("NFC");
}

/**
 * An item of a list with the label that the document shows. Only a number is an item's marker in Markdown: any other
 * label (`b)`, `2.1`) stands before the words.
 */
export function itemOf(depth: number, label: string | null, text: string): Block {
  if (label === null || label === "") return { kind: "item", depth, marker: null, text };
  if (/^\d{1,9}[.)]$/.test(label)) return { kind: "item", depth, marker: label, text };
  return { kind: "item", depth, marker: null, text: `${label} ${text}` };
}

/** A run of the document's own words as inline Markdown: what looks like a tag, a link or a code span is no such thing. */
export function escaped(text: string): string {
  const words = plain(text);
  if (!ESCAPED.test(words)) return words;
  return words
    .replaceAll(/<(?=\/?[a-z][\w:-]*[\s/>]|[!?])/gi, "\\<")
    .replaceAll(/`/g, "\\`")
    .replaceAll(/\](?=\()/g, "\\]");
}

/** A link, when it leads somewhere that a reader could go; what a page runs (`javascript:`) or carries (`data:`) is left out. */
export function link(text: string, target: string): string {
  const url = plain(target).trim();
  if (text.trim() === "" || !/^(https?:|mailto:|tel:|ftp:)/i.test(url)) return text;
  return `[${text.trim()}](${url.replaceAll(/[\s()<>]/g, (character) => encodeURIComponent(character).replace("(", "%28").replace(")", "%29"))})`;
}

export function codeSpan(text: string): string {
  const code = plain(text).trim();
  if (code === "") return "";
  const fence = "`".repeat(longestRun(code, "`") + 1);
  return fence.length > 1 ? `${fence} ${code} ${fence}` : `\`${code}\``;
}

/** One block as Markdown; empty when it says nothing. */
function markdownOf(block: Block): string {
  switch (block.kind) {
    case "heading": {
      const text = oneLine(block.text);
      return text === "" ? "" : `${"#".repeat(Math.min(Math.max(block.level, 1), LEVEL_MAX))} ${text}`;
    }
    case "paragraph":
      return linesOf(block.text).map(lineStartEscaped).join("\n");
    case "item": {
      const text = oneLine(block.text);
      if (text === "") return "";
      return `${"  ".repeat(Math.min(block.depth, LIST_DEPTH_MAX))}${block.marker ?? "-"} ${lineStartEscaped(text)}`;
    }
    case "table":
      return markdownTable(block.rows);
    case "code": {
      const fence = "`".repeat(Math.max(3, longestRun(block.text, "`") + 1));
      return block.text.trim() === "" ? "" : `${fence}${block.language}\n${block.text.replace(/\n+$/, "")}\n${fence}`;
    }
  }
}

/** Blocks one below the other, with an empty line between, but none between the items of a list. */
export function written(blocks: readonly Block[]): string {
  let text = "";
  let last: Block["kind"] | null = null;
  for (const block of blocks) {
    const markdown = markdownOf(block);
    if (markdown === "") continue;
    if (last !== null) text += last === "item" && block.kind === "item" ? "\n" : "\n\n";
    text += markdown;
    last = block.kind;
  }
  return text;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}

function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map(oneLine)
    .filter((line) => line !== "");
}

/** What would begin a heading, an item, a quotation, a table or a rule begins a line of text. */
function lineStartEscaped(line: string): string {
  return line
    .replace(/^(#{1,6}(?=\s|$)|[-+*](?=\s|$)|>|\||~~~|-{3,}$|={3,}$)/, "\\$1")
    .replace(/^(\d{1,9})([.)])(?=\s)/, "$1\\$2");
}

function longestRun(text: string, character: string): number {
  let longest = 0;
  let run = 0;
  for (const each of text) {
    run = each === character ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}

/** A cell of a table that may cover several columns and rows. */
export type Cell = { text: string; columns: number; rows: number };

const SPAN_MAX = 1_000;

/**
 * Rows of merged cells as rows that are all there. What a cell covers to its right is empty; what it covers below says
 * the same again, so that every row can be read by itself.
 */
export function gridOf(rows: readonly (readonly Cell[])[]): string[][] {
  const grid: string[][] = rows.map(() => []);
  rows.forEach((row, at) => {
    let column = 0;
    for (const cell of row) {
      while (grid[at]?.[column] !== undefined) column += 1;
      const columns = Math.min(Math.max(cell.columns, 1), SPAN_MAX);
      const below = Math.min(Math.max(cell.rows, 1), rows.length - at);
      for (let down = 0; down < below; down += 1) {
        const line = grid[at + down];
        if (line === undefined) break;
        for (let right = 0; right < columns; right += 1) line[column + right] ??= right === 0 ? cell.text : "";
      }
      column += columns;
    }
  });
  return grid.map((row) => Array.from(row, (cell) => cell ?? ""));
}
