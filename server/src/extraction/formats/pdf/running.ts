/**
 * Running heads and feet, and numbers of pages: what stands at the upper or lower edge of a page at a distance from its
 * text, and on the pages beside it at the same height too. It is no part of the text. A page tells by itself and its
 * neighbours, so that a reading which begins in the middle gives the same pages.
 */
import { type Line, linesOf } from "./regions.ts";
import type { Run } from "./run.ts";

/** Pages before and after: heads may differ between left and right pages. */
export const NEIGHBOURS = [-2, -1, 1, 2];
/** Of an edge. */
const LINES_MAX = 3;
/** Of a line: with more it is a row of a table. */
const RUNS_MAX = 6;
/** In points. */
const SAME_HEIGHT = 3;
/** Of the size of the text: what is larger is a heading. */
const SIZE_MAX = 1.12;
/** Of its size, and of the usual distance of the lines of its page: it stands farther from the text. */
const GAP_MIN = 1.3;
const GAP_OF_LINES_MIN = 1.15;
/** Of the size of the text: lines of one text are not farther from each other. */
const LEADING_MAX = 2.5;
/** Of its size: a number of a page stands apart from the words on its line. */
const APART_MIN = 2;
const PAGE_NUMBER =
  /^[[(|–—-]?\s*(?:(?:page|seite|blatt|p\.|s\.|página|pagina|pág\.|стр\.|第)\s*)?(\d{1,4}|[ivxlc]{1,8})\s*(?:页|頁|ページ)?\s*(?:(?:of|von|de|sur|di|из|\/)\s*\d{1,4})?\s*[\])|–—-]?$/iu;
/** A number of a page that says what it is. */
const COUNTED = /\p{L}{4,}\s*\d|\d\s*(?:of|von|de|sur|di|из|\/)\s*\d/iu;
const ROMAN: Readonly<Record<string, number>> = { i: 1, v: 5, x: 10, l: 50, c: 100 };

/** The outer lines of a page, the outermost first. */
export type Edges = {
  /** How many the page has in all. */
  lines: number;
  top: Line[];
  bottom: Line[];
  /** The usual distance of the lines of the page. */
  leading: number;
  /** Of each outer line, how far it stands from the next one towards the text. */
  inner: { top: number; bottom: number }[];
};

type Page = { index: number; edges: Edges };

export const NO_EDGES: Edges = { lines: 0, top: [], bottom: [], leading: 0, inner: [] };

export function edgesOf(runs: readonly Run[]): Edges {
  const lines = linesOf(runs);
  const ys = lines.map(heightOf);
  const distances = lines.slice(1).flatMap((line, at) => {
    const distance = heightOf(line) - (ys[at] ?? 0);
    return distance <= LEADING_MAX * (line[0]?.size ?? 1) ? [distance] : [];
  });
  const leading = [...distances].sort((a, b) => a - b)[Math.floor((distances.length - 1) / 2)] ?? 0;
  const inner = Array.from({ length: LINES_MAX }, (_, at) => ({
    top: (ys[at + 1] ?? Number.POSITIVE_INFINITY) - (ys[at] ?? 0),
    bottom: (ys.at(-1 - at) ?? 0) - (ys.at(-2 - at) ?? Number.NEGATIVE_INFINITY),
  }));
  return {
    lines: lines.length,
    top: lines.slice(0, LINES_MAX),
    bottom: lines.slice(-LINES_MAX).reverse(),
    leading,
    inner,
  };
}

/** The runs of the page that are no part of its text. `titles` are told elsewhere; other words are kept where they come first. */
export function runningRuns(
  page: Page,
  neighbours: readonly Page[],
  body: number,
  titles: ReadonlySet<string>,
): Set<Run> {
  const outer = {
    top: runningLines("top", page, neighbours, body),
    bottom: runningLines("bottom", page, neighbours, body),
  };
  // A page that would have nothing left has text at its edges.
  const isWhole = new Set([...outer.top, ...outer.bottom]).size === page.edges.lines;
  const found = new Set<Run>();
  for (const side of ["top", "bottom"] as const)
    for (const line of outer[side])
      for (const run of line) {
        const isKnown = titles.has(titleOf(run.text)) || isRepeated(run, side, page, neighbours, -1);
        const isNumber = isApart(run, line) && isNumbered(run, page, neighbours);
        if (isNumber || (isKnown && !isWhole)) found.add(run);
      }
  return found;
}

function runningLines(side: "top" | "bottom", page: Page, neighbours: readonly Page[], body: number): Line[] {
  const lines = page.edges[side];
  const isRunning = (line: Line | undefined) => {
    if (!line || line.length > RUNS_MAX || line.some((run) => !canRun(run, body))) return false;
    if (line.some((run) => isApart(run, line) && isNumbered(run, page, neighbours))) return true;
    return line.every((run) => isRepeated(run, side, page, neighbours));
  };
  let count = 0;
  while (count < lines.length && isRunning(lines[count])) count++;
  const isSure = ([run, more]: Line) => run && !more && isNumbered(run, page, neighbours) && COUNTED.test(run.text);
  while (count > 0 && !isAlone(page.edges, side, count) && !isSure(lines[count - 1] ?? [])) count--;
  return lines.slice(0, count);
}

/** On a page that is turned, heads may stand as on the others: they lie in its margins then. */
export function isEcho(turned: Run, index: number, neighbours: readonly Page[]): boolean {
  return neighbours.some((page) =>
    [...page.edges.top, ...page.edges.bottom].flat().some(({ text }) => isSame(turned.text, text, page.index - index)),
  );
}

/** As words that can be compared. */
export function titleOf(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}

function canRun({ size, rows, isField }: Run, body: number): boolean {
  return size <= SIZE_MAX * body && !rows && !isField;
}

function isApart({ left, right, size }: Run, line: Line): boolean {
  return line.every((other) => {
    const distance = Math.max(other.left - right, left - other.right);
    return (other.left === left && other.right === right) || distance >= APART_MIN * size;
  });
}

function isAlone({ leading, inner, top, bottom }: Edges, side: "top" | "bottom", count: number): boolean {
  const gap = inner[count - 1]?.[side] ?? 0;
  const size = (side === "top" ? top : bottom)[count - 1]?.[0]?.size ?? 1;
  return gap > GAP_MIN * size && gap > GAP_OF_LINES_MIN * leading;
}

/** On pages beside it, or, with `direction`, on those before it alone. */
function isRepeated(run: Run, side: "top" | "bottom", page: Page, neighbours: readonly Page[], direction = 0): boolean {
  return neighbours.some(({ index, edges }) => {
    if (direction !== 0 && Math.sign(index - page.index) !== direction) return false;
    return edges[side].some((line) =>
      line.some(
        (other) => Math.abs(other.y - run.y) <= SAME_HEIGHT && isSame(run.text, other.text, index - page.index),
      ),
    );
  });
}

/** But for numbers that count the pages. */
function isSame(text: string, other: string, pages: number): boolean {
  if (text === other) return true;
  const [mine, its] = [text, other].map((each) => each.split(/(\d+)/));
  if (mine?.length !== its?.length) return false;
  return (mine ?? []).every(
    (part, at) => part === its?.[at] || (at % 2 === 1 && Number(its?.[at]) - Number(part) === pages),
  );
}

/** It counts the pages as its neighbours do, or as the document has them. */
function isNumbered(run: Run, page: Page, neighbours: readonly Page[]): boolean {
  const number = pageNumberOf(run.text);
  if (number === null) return false;
  const offset = number - page.index;
  if (offset === 1) return true;
  return neighbours.some(({ index, edges }) =>
    [...edges.top, ...edges.bottom].flat().some(({ text }) => {
      const other = pageNumberOf(text);
      return other !== null && other - index === offset;
    }),
  );
}

function pageNumberOf(text: string): number | null {
  const number = PAGE_NUMBER.exec(text.trim())?.[1];
  if (number === undefined) return null;
  return /^\d/.test(number) ? Number(number) : romanOf(number.toLowerCase());
}

function romanOf(number: string): number {
  const values = [...number].map((sign) => ROMAN[sign] ?? 0);
  return values.reduce((sum, value, at) => sum + (value < (values[at + 1] ?? 0) ? -value : value), 0);
}

function heightOf(line: Line): number {
  return line[0]?.y ?? 0;
}
