/**
 * The words of one run as inline Markdown: characters in the order of reading, ligatures as letters, links, and the raised
 * signs by which a text refers to its notes.
 */
import { escaped, link } from "../../markdown.ts";
import { type Area, areaOf, type Glyph, type LinkArea } from "./glyph.ts";

/** Of the size of the text, and how far above its baseline: a mark of a note. */
const MARK_SIZE_MAX = 0.8;
const MARK_RISE_MIN = 0.12;
const MARK_CHARACTERS_MAX = 3;
const MARK = /^[\d*†‡§]$/;
/** How PDFium writes the hyphen at the end of a line. */
export const LINE_HYPHEN = "\u0002";
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

/** What needs a closer look: all but the letters of English. */
const SPECIAL = /[^ -~]/;

type Words = { text: string; marks: string[] };

/** `size` is that of most of the characters where they differ, else null. */
export function wordsOf(
  glyphs: readonly Glyph[],
  size: number | null,
  links: readonly LinkArea[],
  turns: number,
): Words {
  const marks: string[] = [];
  const signs = size === null ? glyphs : withMarks(glyphs, size, marks);
  const areas = links.map(({ url, ...box }) => ({ url, ...areaOf(box, turns) }));
  return { text: inlineOf(signs, areas).trim(), marks };
}

/** Small signs above the baseline, as one character each that a note can answer to. */
function withMarks(glyphs: readonly Glyph[], size: number, marks: string[]): readonly Glyph[] {
  const base = glyphs.find((glyph) => !glyph.generated && glyph.piece.size > size * MARK_SIZE_MAX)?.piece;
  if (!base) return glyphs;
  const made: Glyph[] = [];
  let sign = "";
  const isRaised = ({ generated, text, piece }: Glyph) =>
    !generated && MARK.test(text) && piece.size <= size * MARK_SIZE_MAX && base.y - piece.y >= size * MARK_RISE_MIN;
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

function inlineOf(glyphs: readonly Glyph[], links: readonly (Area & { url: string })[]): string {
  if (links.length === 0) return escaped(textOf(glyphs));
  const pieces: { url: string | null; glyphs: Glyph[] }[] = [];
  for (const glyph of glyphs) {
    const last = pieces.at(-1);
    const url = glyph.generated ? (last?.url ?? null) : (links.find((area) => isWithin(glyph, area))?.url ?? null);
    if (last && last.url === url) last.glyphs.push(glyph);
    else pieces.push({ url, glyphs: [glyph] });
  }
  return pieces.map((piece) => linked(escaped(textOf(piece.glyphs)), piece.url)).join("");
}

/** The spaces at its ends stay outside. */
function linked(text: string, url: string | null): string {
  if (url === null) return text;
  const [, before = "", words = "", after = ""] = /^(\s*)([\s\S]*?)(\s*)$/.exec(text) ?? [];
  return before + link(words, url) + after;
}

/** Ligatures become their letters. */
function textOf(glyphs: readonly Glyph[]): string {
  let text = "";
  for (const glyph of glyphs) text += glyph.text;
  if (!SPECIAL.test(text)) return text;
  const texts = inReadingOrder(glyphs).map((glyph) =>
    glyph.text === LINE_HYPHEN ? "-" : glyph.generated ? glyph.text : (TEX_SIGNS.get(glyph.text) ?? glyph.text),
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

function isWithin({ left, right, piece }: Glyph, area: Area): boolean {
  const x = (left + right) / 2;
  const y = piece.y - piece.size / 4;
  return x >= area.left && x <= area.right && y >= area.top && y <= area.bottom;
}
