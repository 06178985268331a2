/**
 * Tables that are drawn with lines: where their columns and rows lie, and what stands in each cell. Here y goes downwards.
 */
import type { Area } from "./glyph.ts";
import type { Run } from "./run.ts";

/** Borders of columns and of rows, the outer ones among them, and for each field of the grid the cell that covers it. */
export type Grid = { xs: number[]; ys: number[]; cells: GridCell[][] };

/** From which row and column it covers how many of them. */
type GridCell = { row: number; column: number; rows: number; columns: number };

/** In points: what is thinner is a line. */
const THICKNESS_MAX = 2.5;
const LENGTH_MIN = 6;
/** In points: borders that are as close are one, and lines that come as close touch. */
const SAME_BORDER = 4;
/** Lines of a page: with more it is a drawing. */
const RULES_MAX = 600;
/** Of its cells: they have something in them. */
const FILLED_MIN = 0.4;
/** Of the side of a field: a line beside so much of it is a wall. */
const WALL_MIN = 0.6;
/** Of the sides between fields: with fewer walls, lines are drawn for the eye, and say nothing of merged cells. */
const WALLED_MIN = 0.5;

export function gridsOf(boxes: readonly Area[]): Grid[] {
  const rules = boxes.flatMap(linesOf);
  if (rules.length === 0 || rules.length > RULES_MAX) return [];
  return touching(rules).flatMap((group) => {
    const vertical = group.filter(isVertical);
    const level = group.filter((rule) => !isVertical(rule));
    const xs = borders([...vertical.map(({ left }) => left), ...level.flatMap(({ left, right }) => [left, right])]);
    const ys = borders([...level.map(({ top }) => top), ...vertical.flatMap(({ top, bottom }) => [top, bottom])]);
    // At least two columns, one line between them, and two rows.
    if (xs.length < 3 || ys.length < 3 || vertical.length === 0 || level.length === 0) return [];
    return [{ xs, ys, cells: cellsOf(xs, ys, vertical, level) }];
  });
}

/** Fields without a wall between them are one cell, as far as it is a rectangle. */
function cellsOf(xs: readonly number[], ys: readonly number[], vertical: Area[], level: Area[]): GridCell[][] {
  const rows = ys.length - 1;
  const columns = xs.length - 1;
  const upright = vertical.map(({ left, right, top, bottom }) => ({ at: (left + right) / 2, from: top, to: bottom }));
  const flat = level.map(({ left, right, top, bottom }) => ({ at: (top + bottom) / 2, from: left, to: right }));
  const besides = wallsOf(upright, xs, ys);
  const belows = wallsOf(flat, ys, xs);
  const isOpenBeside = (row: number, column: number) => besides.trusted && !besides.walls[column]?.[row];
  const isOpenBelow = (row: number, column: number) => belows.trusted && !belows.walls[row]?.[column];
  const cells: GridCell[][] = Array.from({ length: rows }, () => []);
  const isTaken = (row: number, column: number) => cells[row]?.[column] !== undefined;
  /** The widest one that begins here, as far down as it is as wide. */
  const cellAt = (row: number, column: number): GridCell => {
    let across = 1;
    while (column + across < columns && isOpenBeside(row, column + across - 1) && !isTaken(row, column + across))
      across += 1;
    const span = range(column, across);
    let down = 1;
    while (row + down < rows && span.every((each) => isOpenBelow(row + down - 1, each))) down += 1;
    return { row, column, rows: down, columns: across };
  };
  for (const row of range(0, rows))
    for (const column of range(0, columns)) if (!isTaken(row, column)) fill(cells, cellAt(row, column));
  return cells;
}

function range(from: number, length: number): number[] {
  return Array.from({ length }, (_, at) => from + at);
}

/** Puts a cell into all of its fields that have none. */
function fill(cells: GridCell[][], cell: GridCell): void {
  for (const line of cells.slice(cell.row, cell.row + cell.rows))
    for (const column of range(cell.column, cell.columns)) line[column] ??= cell;
}

/** Whether there is a wall on each inner border, beside each field along it. */
function wallsOf(
  lines: readonly { at: number; from: number; to: number }[],
  borders: readonly number[],
  sides: readonly number[],
): { walls: boolean[][]; trusted: boolean } {
  const walls = borders.slice(1, -1).map((border) => {
    const on = lines.filter(({ at }) => Math.abs(at - border) <= SAME_BORDER);
    return sides.slice(1).map((end, at) => {
      const start = sides[at] ?? end;
      const drawn = on.reduce((sum, { from, to }) => sum + Math.max(0, Math.min(to, end) - Math.max(from, start)), 0);
      return drawn >= WALL_MIN * (end - start);
    });
  });
  const all = walls.flat();
  return { walls, trusted: all.filter((wall) => wall).length >= WALLED_MIN * all.length };
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
    const cells = new Set(grid.cells.flat());
    const filled = new Set(inside.map((run) => cellOf(run, grid)));
    if (filled.size < Math.max(3, cells.size * FILLED_MIN)) continue;
    const [first] = inside;
    if (!first) continue;
    left = left.filter((run) => !inside.includes(run));
    const place = { left: grid.xs[0] ?? 0, right: grid.xs.at(-1) ?? 0, y: Math.min(...inside.map(({ y }) => y)) };
    left.push({ ...first, ...place, text: "", hyphenated: false, rows });
  }
  return left;
}

/** What a cell covers to its right is empty, and what it covers below says the same again. */
function rowsOf(runs: readonly Run[], grid: Grid): string[][] {
  const texts = new Map<GridCell, string>();
  for (const run of [...runs].sort((a, b) => a.y - b.y || a.left - b.left)) {
    const cell = cellOf(run, grid);
    const above = cell ? texts.get(cell) : undefined;
    if (cell) texts.set(cell, above === undefined ? run.text : `${above} ${run.text}`);
  }
  return grid.cells.map((line) => line.map((cell, column) => (cell.column === column ? (texts.get(cell) ?? "") : "")));
}

function cellOf({ left, right, y, size }: Run, { xs, ys, cells }: Grid): GridCell | null {
  const column = xs.findLastIndex((x) => x <= (left + right) / 2);
  const row = ys.findLastIndex((border) => border <= y - size / 4);
  return cells[row]?.[column] ?? null;
}

/** A thin box is a line; of a larger one each edge is. */
function linesOf({ left, right, top, bottom }: Area): Area[] {
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

function isVertical({ left, right, top, bottom }: Area): boolean {
  return bottom - top > right - left;
}

function touching(rules: readonly Area[]): Area[][] {
  const groups: Area[][] = [];
  for (const rule of rules) {
    const joined = groups.filter((group) => group.some((other) => touches(rule, other)));
    const rest = groups.filter((group) => !joined.includes(group));
    groups.splice(0, groups.length, ...rest, [...joined.flat(), rule]);
  }
  return groups;
}

function touches(one: Area, other: Area): boolean {
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
