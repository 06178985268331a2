/** CSV and TSV: one table, its first row the header. What parts the cells is found out, as are quotes and line ends. */
import { basename } from "node:path";
import { ExtractionError } from "../extraction.ts";
import { escaped } from "../markdown.ts";
import { inSections } from "../sections.ts";
import { markdownTable } from "../table.ts";
import { decodedText } from "./decoded.ts";
import { type FormatReader, NO_FACTS } from "./format.ts";

const DELIMITERS = [",", ";", "\t", "|"] as const;
const SNIFFED_CHARACTERS = 64 * 1024;
const SNIFFED_ROWS = 50;
/** What an export says of itself, a line each, before its table begins. */
const TITLES_MAX = 20;
/** A quotation mark after a backslash that would end the cell, were it not within it: then all such are within theirs. */
const ESCAPED_QUOTE = /\\"(?!["\r\n,;\t|]|$)/;

/** `escapes`: a quotation mark within a cell stands after a backslash, not twice. */
type Dialect = { delimiter: string; escapes: boolean };

export const readCsv: FormatReader = (source, { limits }) => {
  const decoded = decodedText(source, limits);
  const { encoding } = decoded;
  // For Excel, a file may name what parts its cells on a line of its own.
  const [named = "", told] = /^"?sep=([,;\t|])"?\r?\n/i.exec(decoded.text) ?? [];
  const text = decoded.text.slice(named.length);
  const sample = text.slice(0, SNIFFED_CHARACTERS);
  const dialect = { delimiter: told ?? delimiterOf(sample), escapes: ESCAPED_QUOTE.test(sample) };
  const rows: string[][] = [];
  let cells = 0;
  for (const row of rowsOf(text, dialect)) {
    cells += row.length;
    if (cells > limits.cells) throw new ExtractionError("too_large", `The table has more than ${limits.cells} cells.`);
    if (row.some((cell) => cell.trim() !== "")) rows.push(row);
  }
  const title = basename(source.filename).replace(/\.\w+$/, "") || null;
  const head = headOf(rows);
  const titles = rows.slice(0, head).map((row) => escaped(row.join(" ")).trim());
  const properties = { rows: String(Math.max(0, rows.length - head - 1)), columns: String(rows[head]?.length ?? 0) };
  const markdown = [...titles, markdownTable(rows.slice(head))].join("\n\n");
  return inSections(markdown, { ...NO_FACTS, encoding, title, properties }, limits);
};

/** The first row that has several cells, where lines of text stand before it; else the first of all. */
function headOf(rows: readonly string[][]): number {
  const said = (row: readonly string[]) => row.filter((cell) => cell.trim() !== "").length;
  const head = rows.slice(0, TITLES_MAX + 1).findIndex((row) => said(row) > 1);
  return Math.max(0, head);
}

/** The one that cuts the first rows into the most cells, the same number in nearly all of them. */
export function delimiterOf(text: string): string {
  let best: { delimiter: string; score: number } = { delimiter: ",", score: 0 };
  for (const delimiter of DELIMITERS) {
    const dialect = { delimiter, escapes: ESCAPED_QUOTE.test(text) };
    const rows = [...take(rowsOf(text, dialect), SNIFFED_ROWS)].filter((row) => row.some((cell) => cell !== ""));
    const widths = rows.map((row) => row.length);
    const usual = mode(widths);
    const alike = widths.filter((width) => width === usual).length / Math.max(1, widths.length);
    const score = usual < 2 ? 0 : alike * alike * Math.log2(usual + 1);
    if (score > best.score) best = { delimiter, score };
  }
  return best.delimiter;
}

function* take<T>(items: Iterable<T>, count: number): Iterable<T> {
  let left = count;
  for (const item of items) {
    if (left-- <= 0) return;
    yield item;
  }
}

function mode(numbers: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const number of numbers) counts.set(number, (counts.get(number) ?? 0) + 1);
  return [...counts].reduce((most, next) => (next[1] > most[1] ? next : most), [0, 0] as const)[0];
}

/** A quote counts at the beginning of a cell alone, after spaces too, and one that is never closed ends with the text. */
function* rowsOf(text: string, { delimiter, escapes }: Dialect): Iterable<string[]> {
  const ends = new RegExp(`[${delimiter === "|" ? "\\|" : delimiter}\r\n]`, "g");
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    let from = at;
    while (text[from] === " ") from++;
    const cell = text[from] === '"' ? quotedCell(text, from, escapes) : { text: "", endAt: at };
    ends.lastIndex = cell.endAt;
    const end = ends.exec(text)?.index ?? text.length;
    row.push(cell.text + text.slice(cell.endAt, end));
    at = end + 1;
    if (text[end] === delimiter) {
      if (at === text.length) row.push("");
      continue;
    }
    if (text[end] === "\r" && text[at] === "\n") at++;
    yield row;
    row = [];
  }
  if (row.length > 0) yield row;
}

function quotedCell(text: string, openAt: number, escapes: boolean): { text: string; endAt: number } {
  const parts: string[] = [];
  let from = openAt + 1;
  for (;;) {
    const close = text.indexOf('"', from);
    if (close < 0) return { text: [...parts, text.slice(from)].join(""), endAt: text.length };
    if (escapes && text[close - 1] === "\\") {
      parts.push(text.slice(from, close - 1), '"');
      from = close + 1;
      continue;
    }
    parts.push(text.slice(from, close));
    if (text[close + 1] !== '"') return { text: parts.join(""), endAt: close + 1 };
    parts.push('"');
    from = close + 2;
  }
}
