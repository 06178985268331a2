/**
 * What a page of Markdown consists of when it is cut: headings, sentences, items of lists, rows of tables, blocks of code.
 * The atoms of a page follow each other without a gap, each with the blank space behind it, so that any run of them is a
 * piece of the page as it stands there.
 */
import { tokensIn } from "../reference/text/tokens.ts";

export type Atom = {
  kind: "heading" | "sentence" | "item" | "head" | "row" | "code";
  /** In the page, in UTF-16 units; `end` is exclusive. */
  start: number;
  end: number;
  tokens: number;
  /** Of a heading: 1 to 6; otherwise 0. */
  level: number;
};

type Block = { kind: "heading" | "paragraph" | "item" | "table" | "code"; start: number; end: number };

const HEADING = /^(#{1,6})\s/;
const FENCE = /^\s*(```+|~~~+)/;
const ITEM = /^\s*(?:[-*+]|\d{1,9}[.)])\s/;
const TABLE = /^\s*\|/;
const TABLE_RULE = /^[\s:|-]*$/;
const BLANK = /^\s*$/;
/**
 * Ends of sentences: marks that none stands before, closing quotes, then a space and something that may begin one; or marks
 * that need no space.
 */
const SENTENCE_END =
  /(?<![.!?؟۔।…])[.!?؟۔।…]+["'”’»)\]*_]*\s+(?=["'“‘«([*_]*[\p{Lu}\p{Lo}\p{N}])|[。！？]+["'”’」』）]*\s*/gu;
const ABBREVIATION =
  /(?:^|[\s(])(?:Mr|Mrs|Ms|Dr|Prof|St|Sr|Jr|vs|etc|approx|No|Nr|Fig|Inc|Ltd|Co|Corp|Gen|Sen|e\.g|i\.e|z\.\s?B|bzw|ca|cf|al|\p{Lu})\.$/u;
const ABBREVIATION_CHARACTERS = 12;
/** Thai ends its sentences by spaces alone: the dictionary of the platform knows more. A whole book would fill its memory. */
const UNMARKED = /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const SEGMENTED_CHARACTERS_MAX = 2_000;
const segmenter = new Intl.Segmenter(undefined, { granularity: "sentence" });

/** Atoms of more than `tokensMax` are in pieces of at most as many. */
export function atomsOf(page: string, tokensMax: number): Atom[] {
  const atoms: Atom[] = [];
  /** Where what shows of the last atom ends. */
  let shown = 0;
  const add = (kind: Atom["kind"], start: number, end: number, level = 0) => {
    // A token begins with the space before its word.
    const text = page.slice(shown, end).trimEnd();
    const tokens = tokensIn(text);
    shown += text.length;
    if (tokens <= tokensMax) atoms.push({ kind, start, end, tokens, level });
    else for (const piece of pieces(page, start, end, tokens, tokensMax)) atoms.push({ kind, ...piece, level });
  };
  for (const block of blocksOf(page)) {
    const { kind, start, end } = block;
    if (kind === "heading")
      add("heading", start, end, HEADING.exec(page.slice(start, end).trimStart())?.[1]?.length ?? 1);
    else if (kind === "table") addRows(page, block, add);
    else if (kind === "code") addWhole("code", lineEnds, page, block, tokensMax, add);
    else if (kind === "item") addWhole("item", sentenceEnds, page, block, tokensMax, add);
    else addEach("sentence", sentenceEnds, page, block, add);
  }
  return atoms;
}

type Add = (kind: Atom["kind"], start: number, end: number) => void;
/** Where parts of a text end, counted from its start; the last end is its own. */
type Ends = (text: string) => Iterable<number>;

/** As one atom where it is no larger than a chunk. */
function addWhole(kind: Atom["kind"], ends: Ends, page: string, block: Block, tokensMax: number, add: Add): void {
  if (tokensIn(page.slice(block.start, block.end)) <= tokensMax) add(kind, block.start, block.end);
  else addEach(kind, ends, page, block, add);
}

function addEach(kind: Atom["kind"], ends: Ends, page: string, { start, end }: Block, add: Add): void {
  let from = start;
  for (const upTo of ends(page.slice(start, end))) {
    if (start + upTo <= from) continue;
    add(kind, from, start + upTo);
    from = start + upTo;
  }
  if (from < end) add(kind, from, end);
}

/** The first row with the rule below it is the head, which stands above every piece of the table. */
function addRows(page: string, { start, end }: Block, add: Add): void {
  const ends = [...lineEnds(page.slice(start, end))];
  const [first = 0, second = first] = ends;
  const rule = page.slice(start + first, start + second);
  const hasHead = TABLE_RULE.test(rule) && rule.includes("-");
  let from = start;
  for (const [line, upTo] of ends.entries()) {
    if (hasHead && line === 0) continue;
    add(hasHead && line === 1 ? "head" : "row", from, start + upTo);
    from = start + upTo;
  }
  if (from < end) add("row", from, end);
}

/** Blank lines belong to what stands above them, at the top of a page to what follows. */
function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  let fence: string | null = null;
  let start = 0;
  let isApart = true;
  for (const end of lineEnds(page)) {
    const line = page.slice(start, end);
    const last = blocks.at(-1);
    const mark: string | null = FENCE.exec(line)?.[1]?.slice(0, 3) ?? null;
    if (fence !== null && last) {
      last.end = end;
      if (mark === fence) fence = null;
      isApart = fence === null;
    } else if (BLANK.test(line)) {
      if (last) last.end = end;
      isApart = true;
    } else {
      const kind: Block["kind"] | null = mark !== null ? "code" : kindOf(line, isApart ? undefined : last?.kind);
      fence = mark;
      if (kind !== null) blocks.push({ kind, start: last ? start : 0, end });
      else if (last) last.end = end;
      isApart = kind === "heading";
    }
    start = end;
  }
  return blocks;
}

/** What begins with this line; null when it goes on with what stands right above it. */
function kindOf(line: string, above: Block["kind"] | undefined): Block["kind"] | null {
  if (HEADING.test(line)) return "heading";
  if (TABLE.test(line)) return above === "table" ? null : "table";
  if (ITEM.test(line)) return "item";
  return above === "paragraph" || above === "item" ? null : "paragraph";
}

function* lineEnds(text: string): Generator<number> {
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) yield at + 1;
  if (!text.endsWith("\n") && text !== "") yield text.length;
}

function* sentenceEnds(text: string): Generator<number> {
  let start = 0;
  for (const { 0: mark, index } of text.matchAll(SENTENCE_END)) {
    const before = text.slice(Math.max(start, index - ABBREVIATION_CHARACTERS), index + 1);
    if (ABBREVIATION.test(before)) continue;
    yield* unmarkedEnds(text, start, index + mark.length);
    start = index + mark.length;
  }
  yield* unmarkedEnds(text, start, text.length);
}

function* unmarkedEnds(text: string, start: number, end: number): Generator<number> {
  const isUnmarked = end - start > 1 && UNMARKED.test(text.slice(start, end));
  for (let from = start; isUnmarked && from < end; from += SEGMENTED_CHARACTERS_MAX) {
    const piece = text.slice(from, Math.min(from + SEGMENTED_CHARACTERS_MAX, end));
    for (const { segment, index } of segmenter.segment(piece)) yield from + index + segment.length;
  }
  if (end > start) yield end;
}

/** A text that is larger than a chunk by itself: cut at spaces where there are some, never within a character. */
function* pieces(
  page: string,
  start: number,
  end: number,
  tokens: number,
  tokensMax: number,
): Generator<Omit<Atom, "kind" | "level">> {
  const length = Math.max(Math.floor(((end - start) * tokensMax) / tokens), 1);
  let from = start;
  while (from < end) {
    let upTo = placeToCut(page, from, Math.min(from + length, end), end);
    let size = tokensIn(page.slice(from, upTo));
    while (size > tokensMax && upTo - from > 2) {
      upTo = placeToCut(page, from, from + Math.floor((upTo - from) / 2), end);
      size = tokensIn(page.slice(from, upTo));
    }
    yield { start: from, end: upTo, tokens: size };
    from = upTo;
  }
}

function placeToCut(page: string, from: number, upTo: number, end: number): number {
  if (upTo >= end) return end;
  const space = Math.max(page.lastIndexOf(" ", upTo - 1), page.lastIndexOf("\n", upTo - 1));
  // The later half, so that pieces do not become small.
  if (space > from + (upTo - from) / 2) return space + 1;
  const isLow = /[\uDC00-\uDFFF]/.test(page[upTo] ?? "");
  return Math.max(isLow ? upTo - 1 : upTo, from + (isLow ? 2 : 1));
}
