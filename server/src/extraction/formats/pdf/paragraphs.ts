/** Lines of text as headings, paragraphs and items of lists, by the size of their letters, their gaps and their margins. */
import { type Block, itemOf } from "../../markdown.ts";
import { markerOf } from "./markers.ts";
import type { Line } from "./regions.ts";

/** Sizes of letters of a document: that of most of its text, and those of its headings, the largest first. */
export type Sizes = { body: number; headings: number[] };

type Paragraph = { lines: Line[]; size: number; bold: boolean };

/** Of the size of the body. */
const HEADING_SIZE_MIN = 1.12;
const HEADING_CHARACTERS_MAX = 200;
/** Sizes that differ by less are one. */
const SIZE_STEP = 0.08;
/** Of the size of the text: lines are at least as far from each other. */
const LEADING_MIN = 1.15;
/** Of the usual distance of lines. */
const PARAGRAPH_GAP_MIN = 1.3;
/** Of the size of the text. */
const INDENT_MIN = 0.8;
const INDENT_MAX = 5;
/** Of the size of the text: items that stand farther in are those of an inner list. */
const LIST_INDENT_MIN = 0.8;
/** Of the width of the text: a line that ends so far from the margin ends its paragraph, if a sentence ends there. */
const SHORT_LINE = 0.15;
/** The same where anything but a sentence ends, such as an address. */
const VERY_SHORT_LINE = 0.4;
/** Of the size of the text: a space is wider. */
const TOUCHING = 0.12;
/** It begins with its mark. */
const NOTE = /^\[\^([^\]]{1,3})\]\s*/;
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/g;
const UNSPACED = /[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]$/;
const UNSPACED_START = /^[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]/;

export function sizesOf(samples: readonly { size: number; characters: number }[]): Sizes {
  const counts = new Map<number, number>();
  for (const { size, characters } of samples) counts.set(rounded(size), (counts.get(rounded(size)) ?? 0) + characters);
  const body = [...counts].reduce((most, next) => (next[1] > most[1] ? next : most), [0, 0] as const)[0];
  const larger = [...counts.keys()].filter((size) => size >= body * HEADING_SIZE_MIN).sort((a, b) => b - a);
  const headings: number[] = [];
  for (const size of larger)
    if ((headings.at(-1) ?? Number.POSITIVE_INFINITY) > size * (1 + SIZE_STEP)) headings.push(size);
  return { body, headings };
}

export function blocksOf(lines: readonly Line[], sizes: Sizes): Block[] {
  const paragraphs = paragraphsOf(lines);
  const lists = paragraphs.map(isItem);
  /** Where the items of the open lists stand, the outermost first. */
  const open: number[] = [];
  return paragraphs.map((paragraph, at) => {
    const isInList = lists[at - 1] === true || lists[at + 1] === true || open.length > 0;
    const block = blockOf(paragraph, sizes, isInList);
    const start = startOf(paragraph.lines[0] ?? []);
    const tolerance = LIST_INDENT_MIN * paragraph.size;
    while (open.length > 0 && (open.at(-1) ?? 0) > start + tolerance) open.pop();
    if (block.kind !== "item") {
      if (block.kind === "heading" || (open.length === 1 && start <= (open[0] ?? 0) + tolerance)) open.length = 0;
      return block;
    }
    if (open.length === 0 || (open.at(-1) ?? 0) < start - tolerance) open.push(start);
    return { ...block, depth: open.length - 1 };
  });
}

/** How far from the side where its script begins. */
function startOf(line: Line): number {
  return isRightToLeft(textOf(line)) ? -rightOf(line) : leftOf(line);
}

function rounded(size: number): number {
  return Math.round(size * 2) / 2;
}

function paragraphsOf(lines: readonly Line[]): Paragraph[] {
  const left = lines.reduce((least, line) => Math.min(least, leftOf(line)), Number.POSITIVE_INFINITY);
  const right = lines.reduce((most, line) => Math.max(most, rightOf(line)), Number.NEGATIVE_INFINITY);
  const leading = usualLeading(lines, left, right);
  const paragraphs: Paragraph[] = [];
  let above: Line | undefined;
  for (const line of lines) {
    const last = paragraphs.at(-1);
    if (last && above && !begins(line, above, last, { leading, left, right })) last.lines.push(line);
    else paragraphs.push({ lines: [line], size: sizeOf(line), bold: line.every(({ bold }) => bold) });
    above = line;
  }
  return paragraphs;
}

type Margins = { leading: number; left: number; right: number };

function begins(line: Line, above: Line, paragraph: Paragraph, { leading, left, right }: Margins): boolean {
  if (hasField(line) || hasField(above)) return true;
  const size = sizeOf(line);
  if (Math.abs(size - paragraph.size) > SIZE_STEP * paragraph.size) return true;
  const bold = line.every((run) => run.bold);
  if (bold !== paragraph.bold && (bold || paragraph.lines.length <= 2)) return true;
  const distance = topOf(line) - topOf(above);
  if (distance > PARAGRAPH_GAP_MIN * Math.max(leading, size * LEADING_MIN) || distance < 0) return true;
  const text = textOf(line);
  if (markerOf(text) || NOTE.test(text)) return true;
  if (isRightToLeft(text)) return false;
  const indent = leftOf(line) - leftOf(above);
  const aboveAtMargin = leftOf(above) - left < INDENT_MIN * size;
  if (aboveAtMargin && indent >= INDENT_MIN * size && indent <= INDENT_MAX * size) return !isItem(paragraph);
  // What is said in the margin begins something, if a sentence has ended.
  if (-indent > INDENT_MAX * size && /[.!?:]$/.test(textOf(above))) return true;
  if (rightOf(above) < right - VERY_SHORT_LINE * (right - left) && /^[\p{Lu}\d]/u.test(text)) return true;
  const ended = rightOf(above) < right - SHORT_LINE * (right - left) && /[.!?:"”»]$/.test(textOf(above));
  return ended && paragraph.lines.length > 1;
}

function hasField(line: Line): boolean {
  return line.some(({ isField }) => isField);
}

function isItem({ lines }: Paragraph): boolean {
  const text = textOf(lines[0] ?? []);
  return markerOf(text) !== null;
}

/** Letters are markers among items alone. */
function blockOf(paragraph: Paragraph, sizes: Sizes, isInList: boolean): Block {
  const text = joinedLines(paragraph.lines);
  const marker = markerOf(text);
  const [mark = "", label] = NOTE.exec(text) ?? [];
  if (label !== undefined) return { kind: "paragraph", text: `[^${label}]: ${text.slice(mark.length)}` };
  // Before all else: the letters of a slide are larger than those of a text, and its lists are lists.
  if (marker?.kind === "bullet") return itemOf(0, null, marker.rest);
  const level = paragraph.lines.some(hasField) ? null : levelOf(paragraph, text, sizes);
  if (level !== null) return { kind: "heading", level, text };
  if (marker && (marker.kind === "number" || isInList)) return itemOf(0, marker.label, marker.rest);
  return { kind: "paragraph", text };
}

/** Null when it is no heading. One of the size of the text is bold and short, and ends as no sentence does. */
function levelOf({ lines, size, bold }: Paragraph, text: string, { body, headings }: Sizes): number | null {
  if (text.length > HEADING_CHARACTERS_MAX || !/\p{L}/u.test(text)) return null;
  if (size >= body * HEADING_SIZE_MIN) {
    const at = headings.findIndex((heading) => size >= heading * (1 - SIZE_STEP));
    return at < 0 ? headings.length + 1 : at + 1;
  }
  const isTitle =
    bold && lines.length <= 2 && size >= body * 0.95 && !/[.,;:]$/.test(text) && /^[\p{Lu}\p{Lo}\d]/u.test(text);
  return isTitle ? headings.length + 1 : null;
}

/** A word that was cut at the end of a line is whole again. */
function joinedLines(lines: readonly Line[]): string {
  let text = "";
  lines.forEach((line, at) => {
    const next = textOf(line);
    const above = lines[at - 1];
    if (above === undefined) text = next;
    else if (above.at(-1)?.hyphenated) text = /^\p{Ll}/u.test(next) ? text.replace(/-$/, "") + next : text + next;
    else text += (UNSPACED.test(text) && UNSPACED_START.test(next) ? "" : " ") + next;
  });
  return withLinksJoined(text);
}

/** A link that goes over the end of a line is one; an address among its words has no spaces. */
function withLinksJoined(text: string): string {
  return text
    .replaceAll(/\]\((\S+)\) \[(?=[^\]]*\]\(\1\))/g, " ")
    .replaceAll(/\[((?:https?:\/\/|www\.)[^\]]+)\]\(/g, (link) => link.replaceAll(" ", ""));
}

/** What stands on one line; from the right to the left when most of it does. What touches is one word. */
function textOf(line: Line): string {
  const [only, second] = line;
  if (only && !second) return only.text;
  const texts = line.map(({ text }) => text);
  if (isRightToLeft(texts.join(""))) return texts.reverse().join(" ");
  return line.reduce((text, run, at) => {
    const before = line[at - 1];
    const touches = before === undefined || Math.abs(run.left - before.right) < TOUCHING * run.size;
    return touches ? text + run.text : `${text} ${run.text}`;
  }, "");
}

function isRightToLeft(text: string): boolean {
  return (text.match(RIGHT_TO_LEFT)?.length ?? 0) > text.length / 3;
}

/** Of lines that reach the margin: the paragraph goes on below them. 0 when there are none. */
function usualLeading(lines: readonly Line[], left: number, right: number): number {
  const short = SHORT_LINE * (right - left);
  const distances = lines.slice(1).flatMap((line, at) => {
    const above = lines[at] ?? line;
    const full = isRightToLeft(textOf(above)) ? leftOf(above) <= left + short : rightOf(above) >= right - short;
    const alike = Math.abs(sizeOf(line) - sizeOf(above)) <= SIZE_STEP * sizeOf(above);
    return full && alike && topOf(line) > topOf(above) ? [topOf(line) - topOf(above)] : [];
  });
  return distances.sort((a, b) => a - b)[Math.floor((distances.length - 1) / 2)] ?? 0;
}

function sizeOf(line: Line): number {
  const longest = line.reduce((most, run) => (run.text.length > (most?.text.length ?? 0) ? run : most), line[0]);
  return longest?.size ?? 1;
}

function topOf(line: Line): number {
  return line[0]?.y ?? 0;
}

function leftOf(line: Line): number {
  return line[0]?.left ?? 0;
}

function rightOf(line: Line): number {
  return line.reduce((most, { right }) => Math.max(most, right), Number.NEGATIVE_INFINITY);
}
