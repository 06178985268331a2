/**
 * Tables that are drawn with lines: where their columns and rows lie, and what stands in each cell. Here y goes downwards.
 */
import type { Run } from "./run.ts";

/** What a line, or the edge of a box, covers. */
export type Rule = { left: number; right: number; top: number; bottom: number };

/** Borders of columns and of rows, the outer ones among them. */
export type Grid = { xs: number[]; ys: number[] };

/** In points: what is thinner is a line. */
const THICKNESS_MAX = 2.5;
const LENGTH_MIN = 6;
/** In points: borders that are as close are one, and lines that come as close touch. */
const SAME_BORDER = 4;
/** Lines of a page: with more it is a drawing. */
const RULES_MAX = 600;
/** Of its cells: they have something in them. */
const FILLED_MIN = 0.4;

export function gridsOf(boxes: readonly Rule[]): Grid[] {
  const rules = boxes.flatMap(linesOf);
  if (rules.length === 0 || rules.length > RULES_MAX) return [];
  return touching(rules).flatMap((group) => {
    const vertical = group.filter(isVertical);
    const level = group.filter((rule) => !isVertical(rule));
    const xs = borders([...vertical.map(({ left }) => left), ...level.flatMap(({ left, right }) => [left, right])]);
    const ys = borders([...level.map(({ top }) => top), ...vertical.flatMap(({ top, bottom }) => [top, bottom])]);
    // At least two columns, one line between them, and two rows.
    return xs.length >= 3 && ys.length >= 3 && vertical.length > 0 && level.length > 0 ? [{ xs, ys }] : [];
  });
}

/** A border of a column lies between these, on this baseline. */
export function isParted(grids: readonly Grid[], from: number, to: number, y: number): boolean {
  return grids.some(
    ({ xs, ys }) => y > (ys[0] ?? 0) && y < (ys.at(-1) ?? 0) && xs.some((x) => x > from - 1 && x < to + 1),
  );
}

/** The runs, those of each table as one in their place, which has its rows. */
export function withTables(runs: readonly Run[], grids: readonly Grid[]): Run[] {
  let left = [...runs];
  for (const grid of grids) {
    const inside = left.filter((run) => cellOf(run, grid) !== null);
    const rows = rowsOf(inside, grid);
    const cells = rows.flat();
    if (cells.filter((cell) => cell !== "").length < Math.max(3, cells.length * FILLED_MIN)) continue;
    const [first] = inside;
    if (!first) continue;
    left = left.filter((run) => !inside.includes(run));
    const place = { left: grid.xs[0] ?? 0, right: grid.xs.at(-1) ?? 0, y: Math.min(...inside.map(({ y }) => y)) };
    left.push({ ...first, ...place, text: "", hyphenated: false, rows });
  }
  return left;
}

function rowsOf(runs: readonly Run[], grid: Grid): string[][] {
  const rows = grid.ys.slice(1).map(() => grid.xs.slice(1).map(() => ""));
  for (const run of [...runs].sort((a, b) => a.y - b.y || a.left - b.left)) {
    const cell = cellOf(run, grid);
    const row = cell ? rows[cell.row] : undefined;
    if (!cell || !row) continue;
    const above = row[cell.column] ?? "";
    row[cell.column] = above === "" ? run.text : `${above} ${run.text}`;
  }
  return rows;
}

function cellOf({ left, right, y, size }: Run, { xs, ys }: Grid): { column: number; row: number } | null {
  const column = xs.findLastIndex((x) => x <= (left + right) / 2);
  const row = ys.findLastIndex((border) => border <= y - size / 4);
  return column < 0 || row < 0 || column >= xs.length - 1 || row >= ys.length - 1 ? null : { column, row };
}

/** A thin box is a line; of a larger one each edge is. */
function linesOf({ left, right, top, bottom }: Rule): Rule[] {
  const width = right - left;
  const height = bottom - top;
  if (width <= THICKNESS_MAX || height <= THICKNESS_MAX)
    return Math.max(width, height) < LENGTH_MIN ? [] : [{ left, right, top, bottom }];
  return [
    { left, right: left, top, bottom },
    { left: right, right, top, bottom },
    { left, right, top, bottom: top },
    { left, right, top: bottom, bottom },
  ];
}

function isVertical({ left, right, top, bottom }: Rule): boolean {
  return bottom - top > right - left;
}

function touching(rules: readonly Rule[]): Rule[][] {
  const groups: Rule[][] = [];
  for (const rule of rules) {
    const joined = groups.filter((group) => group.some((other) => touches(rule, other)));
    const rest = groups.filter((group) => !joined.includes(group));
    groups.splice(0, groups.length, ...rest, [...joined.flat(), rule]);
  }
  return groups;
}

function touches(one: Rule, other: Rule): boolean {
  return (
    one.left <= other.right + SAME_BORDER &&
    other.left <= one.right + SAME_BORDER &&
    one.top <= other.bottom + SAME_BORDER &&
    other.top <= one.bottom + SAME_BORDER
  );
}

function borders(values: readonly number[]): number[] {
  const found: number[] = [];
  for (const value of [...values].sort((a, b) => a - b))
    if (value - (found.at(-1) ?? Number.NEGATIVE_INFINITY) > SAME_BORDER) found.push(value);
  return found;
}
