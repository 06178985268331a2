/**
 * A sheet as blocks. Rows that are empty part it into regions: a region of several columns is a table, one of a single
 * cell is a line of text, and so is a title that stands alone above a table.
 */
import { type Block, written } from "../../markdown.ts";

/** Both ends belong to it; rows and columns count from 0. */
export type Merge = { top: number; left: number; bottom: number; right: number };

/** By row, then by column, as inline Markdown; what is not there is empty. */
export type Grid = (string | undefined)[][];

/** Rows that stand together, and the first of them that has several cells. */
type Region = { rows: string[][]; tableAt: number | null };

/** Larger merged areas are backgrounds, not cells. */
const FILLED_ROWS_MAX = 200;
const FILLED_MAX = 100_000;

export function sheetMarkdown(name: string, grid: Grid, merges: readonly Merge[], further: readonly Block[]): string {
  fillDown(grid, merges);
  return written([{ kind: "heading", level: 1, text: name }, ...regionsOf(grid).flatMap(regionBlocks), ...further]);
}

/** What is merged over several rows is said in each of them. */
function fillDown(grid: Grid, merges: readonly Merge[]): void {
  let filled = 0;
  for (const { top, left, bottom } of merges) {
    const text = grid[top]?.[left];
    if (text === undefined || bottom - top >= FILLED_ROWS_MAX) continue;
    for (let row = top + 1; row <= bottom && filled < FILLED_MAX; row += 1) {
      const line = grid[row];
      if (line === undefined || line.every((cell) => !cell)) continue;
      line[left] ??= text;
      filled += 1;
    }
  }
}

function regionsOf(grid: Grid): Region[] {
  const regions: Region[] = [];
  let region: Region | null = null;
  // An index and not an iterator: a row that is not there is empty too.
  for (let at = 0; at < grid.length; at += 1) {
    const cells: string[] = [];
    let said = 0;
    for (const cell of grid[at] ?? []) {
      cells.push(cell ?? "");
      if (cell?.trim()) said += 1;
    }
    if (said === 0) {
      region = null;
      continue;
    }
    if (region === null) {
      region = { rows: [], tableAt: null };
      regions.push(region);
    }
    if (said > 1) region.tableAt ??= region.rows.length;
    region.rows.push(cells);
  }
  return regions;
}

function regionBlocks({ rows, tableAt }: Region): Block[] {
  const tableFrom = tableAt ?? (rows.length > 1 ? 0 : rows.length);
  const titles = rows.slice(0, tableFrom).map((row): Block => ({ kind: "paragraph", text: row.join(" ") }));
  return tableFrom === rows.length ? titles : [...titles, { kind: "table", rows: rows.slice(tableFrom) }];
}
