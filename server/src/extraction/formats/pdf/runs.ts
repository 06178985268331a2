/**
 * Characters of a page as runs: what stands on one baseline without a gap. Here the page is turned so that its text runs
 * to the right, with y downwards; the order of the characters within a run is that of reading, also from right to left.
 */
import { escaped } from "../../markdown.ts";
import { withBullets } from "./bullets.ts";
import type { Field } from "./form.ts";
import { areaOf, type Box, type Glyph, type GlyphPiece, type LinkArea } from "./glyph.ts";
import { type Grid, gridsOf, isParted, withTables } from "./grids.ts";
import type { Run } from "./run.ts";
import { LINE_HYPHEN, wordsOf } from "./words.ts";

/** Of its size: a gap as wide parts two runs. */
const GAP_MIN = 1;
/** Of its size: a character that is so far off the baseline (an exponent is not) begins a run. */
const RISE_MAX = 0.5;
/** Of the size of its letters: a field of one line is lower. */
const FIELD_LINE_MAX = 2.5;
/** Of the size of letters: so far is the middle of a capital above the baseline. */
const CAPITAL_SHARE = 0.35;
export type PageRuns = {
  runs: Run[];
  /** Runs of text that is turned against the rest, such as what a margin says. */
  turned: Run[];
};

/** What lies on a page beside its letters. */
export type Furniture = { links: readonly LinkArea[]; boxes: readonly Box[]; fields: readonly Field[] };

export function runsOf(glyphs: readonly Glyph[], { links, boxes, fields }: Furniture): PageRuns {
  const turns = usualTurns(glyphs);
  const areas = boxes.map((box) => areaOf(box, turns));
  const grids = gridsOf(areas);
  const runs: Run[] = [];
  const turned: Run[] = [];
  for (const { run, turns: its } of glyphRuns(glyphs, grids)) {
    const made = runOf(run, its, links);
    if (made) (its === turns ? runs : turned).push(made);
  }
  const words = [...runs];
  for (const field of fields) runs.push(runOfField(field, words, turns));
  return { runs: withTables(withBullets(runs, areas), grids), turned };
}

/** In quarter turns: as most characters stand. */
function usualTurns(glyphs: readonly Glyph[]): number {
  const counts = [0, 0, 0, 0];
  for (const { piece } of glyphs) counts[piece.turns] = (counts[piece.turns] ?? 0) + 1;
  return counts.indexOf(Math.max(...counts));
}

function* glyphRuns(glyphs: readonly Glyph[], grids: readonly Grid[]): Iterable<{ run: Glyph[]; turns: number }> {
  let run: Glyph[] = [];
  let last: Glyph | null = null;
  let word: Glyph | null = null;
  for (const glyph of glyphs) {
    const ends = glyph.text === "\r" || glyph.text === "\n";
    const parts = glyph.generated
      ? ends
      : last !== null && (isApart(last, glyph) || (word !== null && isInNextCell(word, glyph, grids)));
    if (parts && run.length > 0) {
      yield { run, turns: last?.piece.turns ?? 0 };
      run = [];
      last = null;
      word = null;
    }
    if (ends) continue;
    run.push(glyph);
    if (!glyph.generated) last = glyph;
    if (!glyph.generated && glyph.text !== " ") word = glyph;
  }
  if (run.length > 0 && last) yield { run, turns: last.piece.turns };
}

function isApart(last: Glyph, next: Glyph): boolean {
  const gap = Math.max(next.left - last.right, last.left - next.right);
  if (last.piece === next.piece) return gap > GAP_MIN * last.piece.size;
  if (last.piece.turns !== next.piece.turns) return true;
  const larger = Math.max(last.piece.size, next.piece.size);
  return gap > GAP_MIN * larger || Math.abs(next.piece.y - last.piece.y) > RISE_MAX * larger;
}

function isInNextCell(word: Glyph, next: Glyph, grids: readonly Grid[]): boolean {
  if (grids.length === 0 || next.text === " ") return false;
  const from = Math.min(word.right, next.right);
  const to = Math.max(word.left, next.left);
  return from <= to && isParted(grids, from, to, next.piece.y);
}

/** On the line of what stands to its left, the field's name; without one, one line is in its middle, several begin at its top. */
function runOfField(field: Field, words: readonly Run[], turns: number): Run {
  const { left, right, top, bottom } = areaOf(field, turns);
  const { size } = field;
  const own = bottom - top < FIELD_LINE_MAX * size ? (top + bottom) / 2 + size * CAPITAL_SHARE : top + size;
  const names = words.filter((run) => run.right <= left + size / 2 && run.y > top && run.y <= bottom + size / 4);
  const y = names.length === 0 ? own : Math.min(...names.map((run) => run.y));
  return { text: escaped(field.text).trim(), left, right, y, size, bold: false, hyphenated: false, isField: true };
}

function runOf(glyphs: readonly Glyph[], turns: number, links: readonly LinkArea[]): Run | null {
  const { size, bold, isMixed } = mostOf(glyphs);
  const { text, marks } = wordsOf(glyphs, isMixed ? size : null, links, turns);
  if (text === "") return null;
  let left = Number.POSITIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  let largest: GlyphPiece | null = null;
  for (const glyph of glyphs) {
    if (glyph.generated || glyph.text === " ") continue;
    if (glyph.left < left) left = glyph.left;
    if (glyph.right > right) right = glyph.right;
    // An exponent does not lift its line.
    if (largest === null || glyph.piece.size > largest.size + 0.1) largest = glyph.piece;
  }
  if (largest === null) return null;
  const hyphenated = glyphs.at(-1)?.text === LINE_HYPHEN;
  return { text, left, right, y: largest.y, size, bold, hyphenated, ...(marks.length > 0 && { marks }) };
}

/** Of most of the characters. */
function mostOf(glyphs: readonly Glyph[]): Pick<Run, "size" | "bold"> & { isMixed: boolean } {
  const [first] = glyphs;
  if (first && glyphs.every(({ piece }) => piece === first.piece))
    return { size: first.piece.size, bold: first.piece.bold, isMixed: false };
  const counts = new Map<GlyphPiece, number>();
  for (const { generated, text, piece } of glyphs)
    if (!generated && text !== " ") counts.set(piece, (counts.get(piece) ?? 0) + 1);
  const [only] = counts.keys();
  if (only && counts.size === 1) return { size: only.size, bold: only.bold, isMixed: false };
  const alike = new Map<string, { count: number; size: number; bold: boolean }>();
  for (const [{ size, bold }, count] of counts) {
    const key = `${size.toFixed(1)} ${bold}`;
    alike.set(key, { count: count + (alike.get(key)?.count ?? 0), size, bold });
  }
  const none = { count: 0, size: 1, bold: false };
  const { size, bold } = [...alike.values()].reduce((most, next) => (next.count > most.count ? next : most), none);
  return { size, bold, isMixed: true };
}
