/**
 * Which runs of a page belong together: lines, columns of text beside each other, and tables. Columns of a whole page are
 * seen first, since hardly a line goes over the gap between them. Then, from the top to the bottom, the same gap through
 * several lines is one between columns when these read as text by themselves, and one of a table otherwise.
 */
import { isMarker } from "./markers.ts";
import type { Run } from "./run.ts";

/** What stands on one baseline, from the left to the right. */
export type Line = Run[];

export type Region = { kind: "text"; lines: Line[] } | { kind: "table"; rows: string[][] };

/** Of the size of the text: a gap between columns is at least as wide. */
const GUTTER_MIN = 0.9;
/** Of the size of the text: baselines that are as close are one. */
const SAME_LINE = 0.4;
/** Of the size of the text: a line of a cell follows the one above it as close as that. */
const CELL_LEADING_MAX = 1.45;
/** Of the width of the page: a gutter is not nearer to its sides. */
const GUTTER_FROM = 0.2;
const GUTTER_STEP = 0.01;
/** Of the runs of a page: so many may go over a gutter. */
const CROSSING_MAX = 0.2;
const PROSE_LINES_MIN = 4;
const PROSE_CHARACTERS_MIN = 22;
/** Of the width of a column. */
const PROSE_FILL_MIN = 0.6;
/** Of the lines of one column: in a table they stand beside lines of another one. */
const ALIGNED_MIN = 0.5;
const TABLE_ROWS_MIN = 2;
/** Of the rows of a table: they have at least two cells. */
const FULL_ROWS_MIN = 0.4;
/** Of the characters: a text beside notes in its margin has at least so many. */
const MAIN_SHARE_MIN = 0.75;
/** Of the lines of the text: notes stand beside fewer. */
const NOTES_SHARE_MAX = 0.6;
const DEPTH_MAX = 8;

type Gap = { from: number; to: number };

export function regionsOf(runs: readonly Run[], depth = 0): Region[] {
  const gutter = depth < DEPTH_MAX ? gutterOf(runs) : null;
  return gutter === null
    ? regionsBelow(runs, depth)
    : zonesOf(runs, gutter).flatMap((zone) => regionsOf(zone, depth + 1));
}

/** A text in its parts before, between and after what is drawn as a table. */
function drawnTables(region: Region): Region[] {
  if (region.kind === "table") return [region];
  const parts: Region[] = [];
  for (const line of region.lines) {
    const last = parts.at(-1);
    const words = line.filter(({ rows }) => rows === undefined);
    if (words.length > 0 && last?.kind === "text") last.lines.push(words);
    else if (words.length > 0) parts.push({ kind: "text", lines: [words] });
    for (const { rows } of line) if (rows) parts.push({ kind: "table", rows });
  }
  return parts;
}

/** Where hardly a run goes over, and both sides read as text. Null when the page has no columns. */
function gutterOf(runs: readonly Run[]): number | null {
  let left = Number.POSITIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  for (const run of runs) {
    if (run.left < left) left = run.left;
    if (run.right > right) right = run.right;
  }
  let best: { x: number; crossing: number } | null = null;
  for (let share = GUTTER_FROM; share <= 1 - GUTTER_FROM; share += GUTTER_STEP) {
    const x = left + share * (right - left);
    let crossing = 0;
    for (const run of runs) if (run.left < x && run.right > x) crossing += 1;
    if (best === null || crossing < best.crossing) best = { x, crossing };
  }
  if (!best || best.crossing > runs.length * CROSSING_MAX) return null;
  const { x } = best;
  const sides = [runs.filter((run) => run.right <= x), runs.filter((run) => run.left >= x)];
  return sides.every((side) => readsAsText(linesOf(side))) ? x : null;
}

/** From the top to the bottom: what goes over the gutter, and between two such the left column, then the right one. */
function zonesOf(runs: readonly Run[], gutter: number): Run[][] {
  const zones: Run[][] = [];
  let left: Run[] = [];
  let right: Run[] = [];
  let over: Run[] = [];
  for (const line of linesOf(runs)) {
    const goesOver = line.some((run) => run.left < gutter && run.right > gutter) || isLastLine(line, over, gutter);
    if (goesOver && left.length + right.length > 0) {
      zones.push(left, right);
      left = [];
      right = [];
    } else if (!goesOver && over.length > 0) {
      zones.push(over);
      over = [];
    }
    if (goesOver) over.push(...line);
    else for (const run of line) (run.right <= gutter ? left : right).push(run);
  }
  return [...zones, over, left, right].filter((zone) => zone.length > 0);
}

/** A short one, close below lines that go over the gutter. */
function isLastLine(line: Line, over: readonly Run[], gutter: number): boolean {
  const [run] = line;
  const above = over.at(-1);
  if (!run || !above || line.some(({ right }) => right > gutter)) return false;
  const isAlike = Math.abs(run.size - above.size) < 0.1 * run.size && !/[.!?:]$/.test(above.text);
  return isAlike && run.y - above.y <= CELL_LEADING_MAX * run.size;
}

function regionsBelow(runs: readonly Run[], depth: number): Region[] {
  const regions: Region[] = [];
  for (const { lines, gaps } of blocksOf(linesOf(runs))) {
    const last = regions.at(-1);
    const made = gaps.length === 0 || depth >= DEPTH_MAX ? [] : columnsOf(lines, gaps, depth);
    if (made.length > 0) regions.push(...made);
    else if (last?.kind === "text") last.lines.push(...lines);
    else regions.push({ kind: "text", lines });
  }
  return regions.flatMap(drawnTables);
}

export function linesOf(runs: readonly Run[]): Line[] {
  const lines: Line[] = [];
  for (const run of [...runs].sort((a, b) => a.y - b.y || a.left - b.left)) {
    const line = lines.at(-1);
    const first = line?.[0];
    if (line && first && Math.abs(run.y - first.y) <= SAME_LINE * Math.max(run.size, first.size)) line.push(run);
    else lines.push([run]);
  }
  return lines.map((line) => line.sort((a, b) => a.left - b.left));
}

type LineBlock = { lines: Line[]; gaps: Gap[] };

/** Lines one below the other through which the same gaps go. */
function blocksOf(lines: readonly Line[]): LineBlock[] {
  const blocks: LineBlock[] = [];
  for (const line of lines) {
    const block = blocks.at(-1);
    const gaps = block ? gapsWith(block, line) : null;
    if (block && gaps) {
      block.lines.push(line);
      block.gaps = gaps;
    } else blocks.push({ lines: [line], gaps: gapsOf(line) });
  }
  return blocks.map((block) => (block.lines.length < TABLE_ROWS_MIN ? { ...block, gaps: [] } : block));
}

/** Of the block with this line; null when the line closes them all, or when it is the first that has one. */
function gapsWith({ lines, gaps }: LineBlock, line: Line): Gap[] | null {
  const [first = []] = lines;
  if (gaps.length > 0) {
    const left = narrowed(gaps, line);
    return left.length > 0 ? left : null;
  }
  if (lines.length === 1 && isBeside(first, line)) return gapsOf([...first, ...line].sort((a, b) => a.left - b.left));
  return gapsOf(line).length === 0 ? [] : null;
}

/** Columns whose lines stand at different heights begin with two lines that only overlap in theirs. */
function isBeside(line: Line, next: Line): boolean {
  const [run] = line;
  const [other] = next;
  if (!run || !other || other.y - run.y > run.size) return false;
  return rightOf(line) < other.left || rightOf(next) < run.left;
}

function rightOf(line: Line): number {
  return line.reduce((most, { right }) => Math.max(most, right), Number.NEGATIVE_INFINITY);
}

function gapsOf(line: Line): Gap[] {
  const gaps: Gap[] = [];
  let reach = Number.NEGATIVE_INFINITY;
  for (const { left, right, size } of line) {
    if (reach > Number.NEGATIVE_INFINITY && left - reach >= GUTTER_MIN * size) gaps.push({ from: reach, to: left });
    reach = Math.max(reach, right);
  }
  return gaps;
}

/** What of the gaps is still free with this line. */
function narrowed(gaps: readonly Gap[], line: Line): Gap[] {
  return gaps.flatMap((gap) => {
    let free = [gap];
    for (const { left, right } of line) {
      free = free.flatMap(({ from, to }) =>
        right <= from || left >= to
          ? [{ from, to }]
          : [
              { from, to: left },
              { from: right, to },
            ].filter((each) => each.to > each.from),
      );
    }
    const least = GUTTER_MIN * (line[0]?.size ?? 1);
    return free.filter(({ from, to }) => to - from >= least);
  });
}

/** Empty when it is neither: a single text whose words stand wide apart, or which has notes in its margin. */
function columnsOf(lines: readonly Line[], gaps: readonly Gap[], depth: number): Region[] {
  const columns = lanesOf(lines, gaps);
  if (columns.length < 2 || isMarginOfBullets(columns)) return [];
  if (isProse(columns)) return columns.flatMap((column) => regionsOf(column, depth + 1));
  if (hasMargin(columns)) return [];
  return tableOf(lines, gaps);
}

/** From the first row that has two cells to the last one; what stands above and below it is text. */
function tableOf(lines: readonly Line[], gaps: readonly Gap[]): Region[] {
  const inColumns = lines.map((line) => new Set(line.map((run) => laneAt(run, gaps))).size > 1);
  const from = inColumns.indexOf(true);
  const to = inColumns.lastIndexOf(true);
  const rows = from < 0 ? [] : rowsOf(lines.slice(from, to + 1), gaps);
  const full = rows.filter((row) => row.filter((cell) => cell !== "").length > 1);
  if (full.length < TABLE_ROWS_MIN || full.length < rows.length * FULL_ROWS_MIN) return [];
  let end = to + 1;
  const right = Math.max(...lines.slice(from, to + 1).map(rightOf));
  while (end < lines.length && goesOn(lines[end] ?? [], lines[end - 1] ?? [], gaps, right)) end++;
  const table: Region = { kind: "table", rows: rowsOf(lines.slice(from, end), gaps) };
  return [text(lines.slice(0, from)), table, text(lines.slice(end))].filter(
    (region) => region.kind === "table" || region.lines.length > 0,
  );
}

function text(lines: readonly Line[]): Region {
  return { kind: "text", lines: [...lines] };
}

function laneAt(run: Run, gaps: readonly Gap[]): number {
  const middle = (run.left + run.right) / 2;
  return gaps.filter(({ from, to }) => middle > (from + to) / 2).length;
}

function lanesOf(lines: readonly Line[], gaps: readonly Gap[]): Run[][] {
  const lanes: Run[][] = Array.from({ length: gaps.length + 1 }, () => []);
  for (const run of lines.flat()) lanes[laneAt(run, gaps)]?.push(run);
  return lanes.filter((lane) => lane.length > 0);
}

function isMarginOfBullets(columns: readonly Run[][]): boolean {
  return columns.length === 2 && (columns[0]?.every(({ text }) => isMarker(text)) ?? false);
}

/** One of two columns is the text, and the other one has something to say beside a few of its lines. */
function hasMargin(columns: readonly Run[][]): boolean {
  if (columns.length !== 2) return false;
  const [notes = [], main = []] = columns
    .map((column) => linesOf(column))
    .sort((a, b) => characters(a) - characters(b));
  if (characters(main) < MAIN_SHARE_MIN * (characters(main) + characters(notes))) return false;
  return readsAsText(main) && notes.length < main.length * NOTES_SHARE_MAX;
}

/** Columns that each read by themselves, or that do not stand line beside line. */
function isProse(columns: readonly Run[][]): boolean {
  const texts = columns.map((column) => linesOf(column));
  const long = texts.filter((lines) => lines.length >= PROSE_LINES_MIN);
  if (long.length >= 2 && long.every((lines, at) => !isAligned(lines, long[at === 0 ? 1 : 0] ?? []))) return true;
  const proper = texts.filter((lines) => characters(lines) >= characters(texts.flat()) * 0.15);
  return proper.length >= 2 && proper.every(readsAsText);
}

function characters(lines: readonly Line[]): number {
  return lines.flat().reduce((sum, { text }) => sum + text.length, 0);
}

function isAligned(lines: readonly Line[], others: readonly Line[]): boolean {
  const ys = others.map((line) => line[0]?.y ?? 0);
  const beside = lines.filter(([run]) => run && ys.some((y) => Math.abs(y - run.y) <= SAME_LINE * run.size));
  return beside.length >= lines.length * ALIGNED_MIN;
}

function readsAsText(lines: readonly Line[]): boolean {
  if (lines.length < PROSE_LINES_MIN || characters(lines) / lines.length < PROSE_CHARACTERS_MIN) return false;
  const left = Math.min(...lines.map((line) => line[0]?.left ?? 0));
  const width = Math.max(...lines.map((line) => line.at(-1)?.right ?? 0)) - left;
  const fills = lines.map((line) => ((line.at(-1)?.right ?? 0) - (line[0]?.left ?? 0)) / width);
  return fills.reduce((sum, fill) => sum + fill, 0) / lines.length >= PROSE_FILL_MIN;
}

function rowsOf(lines: readonly Line[], gaps: readonly Gap[]): string[][] {
  const rows: string[][] = [];
  const right = Math.max(...lines.map(rightOf));
  lines.forEach((line, at) => {
    const cells: string[] = Array.from({ length: gaps.length + 1 }, () => "");
    for (const run of line) cells[laneAt(run, gaps)] = joined(cells[laneAt(run, gaps)] ?? "", run.text);
    const row = rows.at(-1);
    if (row && goesOn(line, lines[at - 1] ?? [], gaps, right))
      rows[rows.length - 1] = cells.map((cell, column) => joined(row[column] ?? "", cell));
    else rows.push(cells);
  });
  return rows;
}

/**
 * A line close below another one, with nothing in the first column, goes on in the cells of that one, if there was no room
 * left in them. Otherwise it is a row by itself, below a cell that covers several.
 */
function goesOn(line: Line, above: Line, gaps: readonly Gap[], right: number): boolean {
  const [run] = line;
  const [other] = above;
  if (!run || !other || line.some((each) => laneAt(each, gaps) === 0)) return false;
  if (run.y - other.y > CELL_LEADING_MAX * run.size) return false;
  return line.every((each) => {
    const lane = laneAt(each, gaps);
    const before = above.findLast((its) => laneAt(its, gaps) === lane);
    const end = gaps[lane]?.to ?? right + GUTTER_MIN * each.size;
    // A letter by itself, such as one of a formula, is no word that lacked room.
    return (
      before !== undefined && each.text.length > 1 && before.right + firstWordWidth(each) > end - GUTTER_MIN * each.size
    );
  });
}

function firstWordWidth({ left, right, text }: Run): number {
  const letters = text.indexOf(" ") < 0 ? text.length : text.indexOf(" ") + 1;
  return ((right - left) * letters) / text.length;
}

function joined(text: string, more: string): string {
  return text === "" || more === "" ? text + more : `${text} ${more}`;
}
