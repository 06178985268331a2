/**
 * A long Markdown text in sections, as the pages of what has none: each begins at a heading or a paragraph where it can,
 * a heading stays with what follows it, a table is cut between its rows, and each part of it has the header again.
 */
import type { Page } from "./extraction.ts";
import { ExtractionError } from "./extraction.ts";
import type { FormatFacts, FormatReading } from "./formats/format.ts";
import type { Limits } from "./limits.ts";

/** From this share of a full section on, a heading begins the next one. */
const FULL_AT_HEADING = 0.5;

const HEADING = /^#{1,6} /;
const FENCE = /^\s*(`{3,}|~{3,})/;
const TABLE_ROW = /^\s*\|/;
const TABLE_RULE = /^\s*\|(?:\s*:?-+:?\s*\|)+\s*$/;

/** The reading of a format without pages of its own. Throws `too_large` beyond `textCharacters`. */
export function inSections(markdown: string, facts: FormatFacts, limits: Limits): FormatReading {
  if (markdown.length > limits.textCharacters)
    throw new ExtractionError("too_large", `The text has more than ${limits.textCharacters} characters.`);
  const sections = sectionsOf(markdown, limits.sectionCharacters);
  return {
    facts: { ...facts, paged: false, pageCount: sections.length },
    *pages(from) {
      for (const [offset, content] of sections.slice(from).entries())
        yield { index: from + offset, name: null, content, recognized: false } satisfies Page;
    },
  };
}

export function sectionsOf(markdown: string, charactersMax: number): string[] {
  const sections: string[] = [];
  let section: string[] = [];
  let length = 0;
  const flush = () => {
    // Headings at the end belong to what comes.
    let kept = section.length;
    while (kept > 0 && HEADING.test(section[kept - 1] ?? "")) kept--;
    const carried = kept === 0 ? [] : section.slice(kept);
    const done = carried.length > 0 ? section.slice(0, kept) : section;
    if (done.length > 0) sections.push(done.join("\n\n"));
    section = carried;
    length = carried.reduce((sum, block) => sum + block.length + 2, 0);
  };
  for (const block of blocksOf(markdown)) {
    if (HEADING.test(block) && length > charactersMax * FULL_AT_HEADING) flush();
    for (const piece of block.length > charactersMax ? piecesOf(block, charactersMax) : [block]) {
      if (length > 0 && length + piece.length > charactersMax) flush();
      section.push(piece);
      length += piece.length + 2;
    }
  }
  if (section.length > 0) sections.push(section.join("\n\n"));
  return sections;
}

/** What blank lines part; a heading and a table are blocks also without one, and code is one with those inside it. */
function* blocksOf(markdown: string): Iterable<string> {
  let block: string[] = [];
  let fence: string | null = null;
  let kind = "";
  for (const line of markdown.split(/\r\n|\r|\n/)) {
    const mark = FENCE.exec(line)?.[1] ?? null;
    if (fence !== null) {
      block.push(line);
      if (mark?.startsWith(fence) === true) fence = null;
      continue;
    }
    const next = line.trim() === "" ? "" : HEADING.test(line) ? "heading" : TABLE_ROW.test(line) ? "table" : "text";
    if (block.length > 0 && (next !== kind || next === "heading")) {
      yield block.join("\n");
      block = [];
    }
    kind = next;
    if (next === "") continue;
    fence = mark;
    block.push(line.trimEnd());
  }
  if (block.length > 0) yield block.join("\n");
}

function piecesOf(block: string, charactersMax: number): Iterable<string> {
  const lines = block.split("\n");
  if (TABLE_RULE.test(lines[1] ?? "")) return filled(lines.slice(2), lines.slice(0, 2).join("\n"), charactersMax);
  const [, fence = ""] = FENCE.exec(lines[0] ?? "") ?? [];
  if (fence !== "") return piecesOfCode(lines, fence, charactersMax);
  return filled(
    lines.flatMap((line) => (line.length > charactersMax ? wrapped(line, charactersMax) : [line])),
    "",
    charactersMax,
  );
}

/** Each piece is code of the same language by itself. */
function piecesOfCode([head = "", ...lines]: readonly string[], fence: string, charactersMax: number): string[] {
  const inside = lines.at(-1)?.trim() === fence ? lines.slice(0, -1) : lines;
  const room = charactersMax - fence.length - 1;
  const fitting = inside.flatMap((line) => (line.length > room ? wrapped(line, room - head.length) : [line]));
  return Array.from(filled(fitting, head, room), (piece) => `${piece}\n${fence}`);
}

/** As many lines as there is room for, each time below the same head. */
function* filled(lines: readonly string[], head: string, charactersMax: number): Iterable<string> {
  let piece: string[] = head === "" ? [] : [head];
  let length = head.length;
  for (const line of lines) {
    const empty = piece.length === (head === "" ? 0 : 1);
    if (!empty && length + line.length + 1 > charactersMax) {
      yield piece.join("\n");
      piece = head === "" ? [] : [head];
      length = head.length;
    }
    piece.push(line);
    length += line.length + 1;
  }
  yield piece.join("\n");
}

/** A line after the last sentence, else the last word, that has room. */
function wrapped(line: string, charactersMax: number): string[] {
  const pieces: string[] = [];
  let from = 0;
  while (line.length - from > charactersMax) {
    const room = line.slice(from, from + charactersMax);
    const cut =
      lastMatchEnd(room, /[.!?。！？]["')\]]*\s+|[。！？]/g) || room.lastIndexOf(" ") + 1 || wholeCharacters(room);
    pieces.push(line.slice(from, from + cut).trimEnd());
    from += cut;
  }
  pieces.push(line.slice(from));
  return pieces.filter((piece) => piece !== "");
}

/** 0 when it is in the first half: such a piece would be too small. */
function lastMatchEnd(text: string, pattern: RegExp): number {
  let end = 0;
  for (const match of text.matchAll(pattern)) end = match.index + match[0].length;
  return end > text.length / 2 ? end : 0;
}

/** Without the first half of a pair of surrogates. */
function wholeCharacters(text: string): number {
  return /[\uD800-\uDBFF]$/.test(text) ? text.length - 1 : text.length;
}
