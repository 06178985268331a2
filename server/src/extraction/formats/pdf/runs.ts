/**
 * Characters of a page as runs: what stands on one baseline without a gap. Here the page is turned so that its text runs
 * to the right, with y downwards; the order of the characters within a run is that of reading, also from right to left.
 */
import { escaped, link } from "../../markdown.ts";
import type { Glyph, LinkArea } from "./pdfium.ts";

export type Run = {
  /** Inline Markdown. */
  text: string;
  left: number;
  right: number;
  /** Of the baseline. */
  y: number;
  size: number;
  bold: boolean;
  /** The word is cut by the end of the line. */
  hyphenated: boolean;
};

/** Of its size: a gap as wide parts two runs. */
const GAP_MIN = 1;
/** Of its size: a character that is so far off the baseline (an exponent is not) begins a run. */
const RISE_MAX = 0.5;
/** How PDFium writes the hyphen at the end of a line. */
const LINE_HYPHEN = "\u0002";
const ARABIC = /^\p{Script=Arabic}$/u;

export type PageRuns = {
  runs: Run[];
  /** Runs of text that is turned against the rest, such as what a margin says. */
  turned: Run[];
};

export function runsOf(glyphs: readonly Glyph[], links: readonly LinkArea[]): PageRuns {
  const turns = usualTurns(glyphs);
  const runs: Run[] = [];
  const turned: Run[] = [];
  for (const { run, turns: its } of glyphRuns(glyphs)) {
    const made = runOf(run, its, links);
    if (made) (its === turns ? runs : turned).push(made);
  }
  return { runs, turned };
}

/** In quarter turns: as most characters stand. */
function usualTurns(glyphs: readonly Glyph[]): number {
  const counts = [0, 0, 0, 0];
  for (const { generated, style } of glyphs) if (!generated) counts[style.turns] = (counts[style.turns] ?? 0) + 1;
  return counts.indexOf(Math.max(...counts));
}

function* glyphRuns(glyphs: readonly Glyph[]): Iterable<{ run: Glyph[]; turns: number }> {
  let run: Glyph[] = [];
  let last: Glyph | null = null;
  for (const glyph of glyphs) {
    const parts = glyph.generated ? /[\r\n]/.test(glyph.text) : last !== null && isApart(last, glyph);
    if (parts && run.length > 0) {
      yield { run, turns: last?.style.turns ?? 0 };
      run = [];
      last = null;
    }
    if (/[\r\n]/.test(glyph.text)) continue;
    run.push(glyph);
    if (!glyph.generated) last = glyph;
  }
  if (run.length > 0 && last) yield { run, turns: last.style.turns };
}

function isApart(last: Glyph, next: Glyph): boolean {
  const { size, turns } = last.style;
  if (next.style.turns !== turns) return true;
  const from = extentOf(last, turns);
  const to = extentOf(next, turns);
  const larger = Math.max(size, next.style.size);
  const gap = Math.max(to.left - from.right, from.left - to.right);
  return gap > GAP_MIN * larger || Math.abs(to.y - from.y) > RISE_MAX * larger;
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

function runOf(glyphs: readonly Glyph[], turns: number, links: readonly LinkArea[]): Run | null {
  const real = glyphs.filter(({ generated }) => !generated);
  const text = inlineOf(glyphs, links);
  if (text.trim() === "") return null;
  const extents = real.map((glyph) => extentOf(glyph, turns));
  const styles = mostOf(real);
  return {
    text: text.trim(),
    left: extents.reduce((least, { left }) => Math.min(least, left), Number.POSITIVE_INFINITY),
    right: extents.reduce((most, { right }) => Math.max(most, right), Number.NEGATIVE_INFINITY),
    y: mostUsualY(extents, real),
    size: styles.size,
    bold: styles.bold,
    hyphenated: glyphs.at(-1)?.text === LINE_HYPHEN,
  };
}

/** Of the larger characters: an exponent does not lift its line. */
function mostUsualY(extents: readonly { y: number }[], glyphs: readonly Glyph[]): number {
  let largest = 0;
  glyphs.forEach((glyph, at) => {
    if (glyph.style.size > (glyphs[largest]?.style.size ?? 0) + 0.1) largest = at;
  });
  return extents[largest]?.y ?? 0;
}

/** Of most of the characters. */
function mostOf(glyphs: readonly Glyph[]): { size: number; bold: boolean } {
  const counts = new Map<string, { count: number; size: number; bold: boolean }>();
  for (const { text, style } of glyphs) {
    if (text.trim() === "") continue;
    const key = `${style.size.toFixed(1)} ${style.bold}`;
    const known = counts.get(key) ?? { count: 0, size: style.size, bold: style.bold };
    known.count++;
    counts.set(key, known);
  }
  return [...counts.values()].reduce((most, next) => (next.count > most.count ? next : most), {
    count: 0,
    size: 1,
    bold: false,
  });
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
  const texts = inReadingOrder(glyphs).map(({ text }) => (text === LINE_HYPHEN ? "-" : text));
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
