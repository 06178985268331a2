/**
 * Characters of a page as runs: what stands on one baseline without a gap. Here the page is turned so that its text runs
 * to the right, with y downwards; the order of the characters within a run is that of reading, also from right to left.
 */
import { escaped, link } from "../../markdown.ts";
import { withBullets } from "./bullets.ts";
import type { Field } from "./form.ts";
import type { Box, Glyph, GlyphStyle, LinkArea } from "./glyph.ts";
import { type Grid, gridsOf, isParted, type Rule, withTables } from "./grids.ts";
import type { Run } from "./run.ts";

/** Of its size: a gap as wide parts two runs. */
const GAP_MIN = 1;
/** Of its size: a character that is so far off the baseline (an exponent is not) begins a run. */
const RISE_MAX = 0.5;
/** Of the size of its letters: a field of one line is lower. */
const FIELD_LINE_MAX = 2.5;
/** Of the size of letters: so far is the middle of a capital above the baseline. */
const CAPITAL_SHARE = 0.35;
/** Of the size of the text, and how far above its baseline: a mark of a note. */
const MARK_SIZE_MAX = 0.8;
const MARK_RISE_MIN = 0.12;
const MARK_CHARACTERS_MAX = 3;
const MARK = /^[\d*†‡§]$/;
/** How PDFium writes the hyphen at the end of a line. */
const LINE_HYPHEN = "\u0002";
/** Where the fonts of TeX, old and new, have signs without saying which: by their places, which are no letters elsewhere. */
const TEX_SIGNS: ReadonlyMap<string, string> = new Map([
  ["\u000b", "ff"],
  ["\u000c", "fi"],
  ["\u000e", "ffi"],
  ["\u000f", "ffl"],
  ["\u0010", "“"],
  ["\u0011", "”"],
  ["\u0012", "„"],
  ["\u0013", "«"],
  ["\u0014", "»"],
  ["\u0015", "–"],
  ["\u0016", "—"],
  ["\u001b", "ff"],
  ["\u001c", "fi"],
  ["\u001d", "fl"],
  ["\u001e", "ffi"],
  ["\u001f", "ffl"],
  ["\u0088", "•"],
]);
const ARABIC = /^\p{Script=Arabic}$/u;

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
  for (const { generated, style } of glyphs) if (!generated) counts[style.turns] = (counts[style.turns] ?? 0) + 1;
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
      yield { run, turns: last?.style.turns ?? 0 };
      run = [];
      last = null;
      word = null;
    }
    if (ends) continue;
    run.push(glyph);
    if (!glyph.generated) last = glyph;
    if (!glyph.generated && glyph.text !== " ") word = glyph;
  }
  if (run.length > 0 && last) yield { run, turns: last.style.turns };
}

function isApart(last: Glyph, next: Glyph): boolean {
  const { size, turns } = last.style;
  if (last.style === next.style && turns === 0)
    return Math.max(next.left - last.right, last.left - next.right) > GAP_MIN * size;
  if (next.style.turns !== turns) return true;
  const from = extentOf(last, turns);
  const to = extentOf(next, turns);
  const larger = Math.max(size, next.style.size);
  const gap = Math.max(to.left - from.right, from.left - to.right);
  return gap > GAP_MIN * larger || Math.abs(to.y - from.y) > RISE_MAX * larger;
}

function isInNextCell(word: Glyph, next: Glyph, grids: readonly Grid[]): boolean {
  if (grids.length === 0 || next.text === " ") return false;
  const { turns } = next.style;
  const its = extentOf(word, turns);
  const { left, right, y } = extentOf(next, turns);
  const from = Math.min(its.right, right);
  const to = Math.max(its.left, left);
  return from <= to && isParted(grids, from, to, y);
}

/** Along the baseline, and across it downwards. */
function extentOf(
  { left, right, bottom, top, x, y }: Glyph,
  turns: number,
): { left: number; right: number; y: number } {
  if (turns === 1) return { left: bottom, right: top, y: x };
  if (turns === 2) return { left: -right, right: -left, y };
  if (turns === 3) return { left: -top, right: -bottom, y: -x };
  return { left, right, y: -y };
}

function areaOf({ left, right, bottom, top }: Box, turns: number): Rule {
  if (turns === 1) return { left: bottom, right: top, top: left, bottom: right };
  if (turns === 2) return { left: -right, right: -left, top: bottom, bottom: top };
  if (turns === 3) return { left: -top, right: -bottom, top: -right, bottom: -left };
  return { left, right, top: -top, bottom: -bottom };
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
  const { isMixed, ...most } = mostOf(glyphs);
  const marks: string[] = [];
  const text = inlineOf(isMixed ? withMarks(glyphs, most.size, marks) : glyphs, links).trim();
  if (text === "") return null;
  let left = Number.POSITIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  let largest: Glyph | null = null;
  for (const glyph of glyphs) {
    if (glyph.generated || glyph.text === " ") continue;
    const extent = turns === 0 ? glyph : extentOf(glyph, turns);
    left = Math.min(left, extent.left);
    right = Math.max(right, extent.right);
    // An exponent does not lift its line.
    if (largest === null || glyph.style.size > largest.style.size + 0.1) largest = glyph;
  }
  if (largest === null) return null;
  const hyphenated = glyphs.at(-1)?.text === LINE_HYPHEN;
  return { text, left, right, y: extentOf(largest, turns).y, ...most, hyphenated, ...(marks.length > 0 && { marks }) };
}

/** Small signs above the baseline, as one character each that a note can answer to. */
function withMarks(glyphs: readonly Glyph[], size: number, marks: string[]): readonly Glyph[] {
  const base = glyphs.find((glyph) => !glyph.generated && glyph.style.size > size * MARK_SIZE_MAX);
  if (!base) return glyphs;
  const made: Glyph[] = [];
  let sign = "";
  const isRaised = ({ generated, text, style, ...place }: Glyph) =>
    !generated &&
    MARK.test(text) &&
    style.size <= size * MARK_SIZE_MAX &&
    extentOf(base, style.turns).y - extentOf({ generated, text, style, ...place }, style.turns).y >=
      size * MARK_RISE_MIN;
  glyphs.forEach((glyph, at) => {
    if (!isRaised(glyph)) made.push(glyph);
    else {
      sign += glyph.text;
      const next = glyphs[at + 1];
      if (next && isRaised(next)) return;
      const mark = sign.length <= MARK_CHARACTERS_MAX ? `[^${sign}]` : sign;
      if (mark !== sign) marks.push(sign);
      made.push({ ...glyph, text: mark });
      sign = "";
    }
  });
  return made;
}

/** Of most of the characters. */
function mostOf(glyphs: readonly Glyph[]): Pick<Run, "size" | "bold"> & { isMixed: boolean } {
  const counts = new Map<GlyphStyle, number>();
  for (const { generated, text, style } of glyphs)
    if (!generated && text !== " ") counts.set(style, (counts.get(style) ?? 0) + 1);
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

function inlineOf(glyphs: readonly Glyph[], links: readonly LinkArea[]): string {
  if (links.length === 0) return escaped(wordsOf(glyphs));
  const pieces: { url: string | null; glyphs: Glyph[] }[] = [];
  for (const glyph of glyphs) {
    const last = pieces.at(-1);
    const url = glyph.generated ? (last?.url ?? null) : (links.find((area) => isWithin(glyph, area))?.url ?? null);
    if (last && last.url === url) last.glyphs.push(glyph);
    else pieces.push({ url, glyphs: [glyph] });
  }
  return pieces.map((piece) => linked(escaped(wordsOf(piece.glyphs)), piece.url)).join("");
}

/** The spaces at its ends stay outside. */
function linked(text: string, url: string | null): string {
  if (url === null) return text;
  const [, before = "", words = "", after = ""] = /^(\s*)([\s\S]*?)(\s*)$/.exec(text) ?? [];
  return before + link(words, url) + after;
}

/** Ligatures become their letters. */
function wordsOf(glyphs: readonly Glyph[]): string {
  const texts = inReadingOrder(glyphs).map(({ text, generated }) =>
    text === LINE_HYPHEN ? "-" : generated ? text : (TEX_SIGNS.get(text) ?? text),
  );
  return texts.join("").replaceAll(/[\ufb00-\ufb06]/g, (ligature) => ligature.normalize("NFKC"));
}

/** The letters of one Arabic sign, such as lam and alef, share its place, and PDFium turns them round with their line. */
function inReadingOrder(glyphs: readonly Glyph[]): readonly Glyph[] {
  const ordered: Glyph[] = [];
  const sign: Glyph[] = [];
  for (const glyph of glyphs) {
    const [first] = sign;
    const isSame = first !== undefined && first.left === glyph.left && first.right === glyph.right;
    if (!isSame || !ARABIC.test(glyph.text)) ordered.push(...sign.splice(0).reverse());
    sign.push(glyph);
  }
  return [...ordered, ...sign.reverse()];
}

function isWithin(glyph: Glyph, area: LinkArea): boolean {
  const x = (glyph.left + glyph.right) / 2;
  const y = glyph.y + glyph.style.size / 4;
  return x >= area.left && x <= area.right && y >= area.bottom && y <= area.top;
}
