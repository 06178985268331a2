/**
 * The cells of one sheet of a workbook (XLSX). A sheet's XML is plain and can be very long, so it is not made a tree: one
 * pass finds its cells, each as it is shown.
 */
import { ExtractionError } from "../../extraction.ts";
import { escaped } from "../../markdown.ts";
import type { Grid, Merge } from "./sheet.ts";
import { shownAs } from "./shown.ts";

export type Workbook = {
  /** Inline Markdown. */
  strings: readonly string[];
  /** The number format of each cell style. */
  formats: readonly (string | number)[];
  date1904: boolean;
};

export type Cells = {
  grid: Grid;
  merges: Merge[];
  /** Ids of relationships by the cells that they are links of. */
  links: { row: number; column: number; id: string }[];
  count: number;
};

const ROW_OR_CELL = /<(?:\w+:)?(row|c)((?:\s+[\w:]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>/g;
const ROWS_MAX = 1_048_576;
const COLUMNS_MAX = 16_384;

/** Throws `too_large` when there are more than `cellsMax`. */
export function cellsOf(xml: string, workbook: Workbook, cellsMax: number): Cells {
  const grid: Grid = [];
  let count = 0;
  let row = -1;
  let column = -1;
  for (const match of xml.matchAll(ROW_OR_CELL)) {
    const attributes = match[2] ?? "";
    if (match[1] === "row") {
      const number = Number(attribute(attributes, "r"));
      row = number >= 1 && number <= ROWS_MAX ? number - 1 : row + 1;
      column = -1;
      continue;
    }
    column = columnOf(attribute(attributes, "r")) ?? column + 1;
    if (match[3] === "/" || row < 0 || column >= COLUMNS_MAX) continue;
    const start = match.index + match[0].length;
    const text = shown(xml.slice(start, cellEnd(xml, start)), attributes, workbook);
    if (text === "") continue;
    if (++count > cellsMax) throw new ExtractionError("too_large", `The sheets have more than ${cellsMax} cells.`);
    const line = grid[row] ?? [];
    grid[row] = line;
    line[column] = text;
  }
  return { grid, merges: mergesOf(xml), links: linksOf(xml), count };
}

const CELL_END = /<\/(?:\w+:)?c>/g;

/** Where the tag that ends the cell begins. Throws when there is none, so that no search goes to the end again and again. */
function cellEnd(xml: string, start: number): number {
  CELL_END.lastIndex = start;
  const end = CELL_END.exec(xml);
  if (end === null) throw new ExtractionError("invalid_file", "A sheet of the workbook is damaged.");
  return end.index;
}

function shown(inside: string, attributes: string, workbook: Workbook): string {
  const type = attribute(attributes, "t") ?? "n";
  if (type === "inlineStr") return stringOf(inside);
  const value = contentOf(inside, "v");
  if (value === null || value === "") {
    const formula = contentOf(inside, "f");
    return formula === null || formula === "" ? "" : escaped(`=${decoded(formula)}`);
  }
  switch (type) {
    case "s":
      return workbook.strings[Number(value)] ?? "";
    case "b":
      return value === "1" || value === "true" ? "TRUE" : "FALSE";
    case "n": {
      const number = Number(value);
      const format = workbook.formats[Number(attribute(attributes, "s") ?? 0)] ?? "General";
      return Number.isNaN(number) ? escaped(decoded(value)) : escaped(shownAs(number, format, workbook.date1904));
    }
    default:
      return escaped(decoded(value));
  }
}

/** The text of a string with runs of different looks, without the readings of East Asian words. */
export function stringOf(xml: string): string {
  let text = "";
  let reading = false;
  for (const [, mark, words] of xml.matchAll(STRING_PART)) {
    if (words !== undefined) text += reading ? "" : decoded(words);
    else reading = mark === undefined;
  }
  return escaped(text).trim();
}
/** A reading begins or (with a mark) ends, or words stand there. */
const STRING_PART = /<(\/)?(?:\w+:)?rPh[\s>]|<(?:\w+:)?t(?:\s[^<>]*)?>([^<]*)</g;

function contentOf(xml: string, name: "v" | "f"): string | null {
  const [, content] = (name === "v" ? VALUE : FORMULA).exec(xml) ?? [];
  return content ?? null;
}
const VALUE = /<(?:\w+:)?v(?:\s[^>]*)?>([^<]*)</;
const FORMULA = /<(?:\w+:)?f(?:\s[^<>/]*)?>([^<]*)</;

type Name = "r" | "s" | "t" | "ref";

function attribute(attributes: string, name: Name): string | undefined {
  const start = attributes.indexOf(STARTS[name]);
  if (start >= 0)
    return attributes.slice(start + STARTS[name].length, attributes.indexOf('"', start + STARTS[name].length));
  if (!UNUSUAL.test(attributes)) return undefined;
  const match = ATTRIBUTES[name].exec(attributes);
  return match?.[1] ?? match?.[2];
}
/** As every program writes them; what is written in another way is looked for with more patience. */
const STARTS: Readonly<Record<Name, string>> = { r: ' r="', s: ' s="', t: ' t="', ref: ' ref="' };
const UNUSUAL = /'|[^\S ]|\s=|=\s/;
const ATTRIBUTES: Readonly<Record<Name, RegExp>> = {
  r: /\sr\s*=\s*(?:"([^"]*)"|'([^']*)')/,
  s: /\ss\s*=\s*(?:"([^"]*)"|'([^']*)')/,
  t: /\st\s*=\s*(?:"([^"]*)"|'([^']*)')/,
  ref: /\sref\s*=\s*(?:"([^"]*)"|'([^']*)')/,
};

/** 28 of `AC12`; null of what names no cell. */
function columnOf(reference: string | undefined): number | null {
  if (reference === undefined || !REFERENCE.test(reference)) return null;
  let column = 0;
  for (let at = 0; ; at += 1) {
    const letter = reference.charCodeAt(at) - LETTER_BEFORE_A;
    if (letter >= 1 && letter <= LETTERS) column = column * LETTERS + letter;
    else if (at > 0) return column - 1;
  }
}
const REFERENCE = /^\$?[A-Z]{1,3}\$?\d{1,7}$/;
const LETTER_BEFORE_A = 64;
const LETTERS = 26;

/** Of `BC12`, counted from 0. */
function placeOf(reference: string | undefined): { row: number; column: number } | null {
  const column = columnOf(reference);
  return column === null ? null : { row: Number(/\d+$/.exec(reference ?? "")?.[0]) - 1, column };
}

function mergesOf(xml: string): Merge[] {
  return Array.from(xml.matchAll(/<(?:\w+:)?mergeCell\s[^<>]*?ref\s*=\s*["']([^"':]+):([^"']+)["']/g)).flatMap(
    ([, from, to]) => {
      const start = placeOf(from);
      const end = placeOf(to);
      if (start === null || end === null) return [];
      return [{ top: start.row, left: start.column, bottom: end.row, right: end.column }];
    },
  );
}

function linksOf(xml: string): Cells["links"] {
  return Array.from(xml.matchAll(/<(?:\w+:)?hyperlink(\s[^<>]*)>/g)).flatMap(([, attributes = ""]) => {
    const place = placeOf(attribute(attributes, "ref")?.split(":")[0]);
    const id = /\sr:id\s*=\s*["']([^"']+)["']/.exec(attributes)?.[1];
    return place === null || id === undefined ? [] : [{ ...place, id }];
  });
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** Of the entities of XML itself, characters by their numbers, and those that workbooks write as `_x000D_`. */
function decoded(text: string): string {
  if (!/[&_]/.test(text)) return text;
  return text
    .replaceAll(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w{2,4}));/gi, (whole, decimal, hexadecimal, name) => {
      if (name !== undefined) return ENTITIES[name] ?? whole;
      const code = decimal === undefined ? Number.parseInt(hexadecimal, 16) : Number(decimal);
      return code <= 0x10ffff ? String.fromCodePoint(code) : "";
    })
    .replaceAll(/_x([\dA-F]{4})_/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));
}
