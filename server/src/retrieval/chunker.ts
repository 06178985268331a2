/**
 * Cuts the pages of a document into chunks that follow its structure. A chunk is one piece of one page, and says where it
 * stands there; above it stands what it needs to be understood alone: the headings that it is under, and the head of a
 * table that began before. A heading stays with what follows it, no row of a table is cut, a block of code is whole where
 * it fits, and a sentence is only cut when it is larger than a chunk by itself. Neighbours share their last and first whole
 * sentences or items. The same pages give the same chunks.
 *
 * No chunk crosses pages: pages of other formats than paged ones are sections that were parted between paragraphs already.
 */

import { tokensIn } from "../reference/text/tokens.ts";
import type { Chunk, ChunkingStrategy } from "../task/documents/chunk.ts";
import type { DocumentPage } from "../task/documents/document.ts";
import { type Atom, atomsOf } from "./atoms.ts";

/** Of a chunk, what stands above it may take this much. */
const CONTEXT_SHARE = 0.25;
/** A new section begins a new chunk when the one before is filled this much; shorter sections share one. */
const FILLED_SHARE = 0.25;

type Heading = { level: number; text: string; tokens: number };
/** Where the cutting of a document stands between two of its pages: the next chunk's index, and the headings above it. */
export type CutPlace = { index: number; path: Heading[] };
/** What stands above a chunk. */
type Context = { text: string; tokens: number };

const NOTHING: Context = { text: "", tokens: 0 };

/**
 * `tokens` of a chunk are those of its pieces, one after the other; the whole may have a few more or less where they meet.
 * `place` moves on with the pages: a long document is cut a few pages at a time, with the same place.
 */
export function* chunksOf(
  pages: Iterable<Pick<DocumentPage, "index" | "content">>,
  strategy: ChunkingStrategy,
  place: CutPlace = { index: 0, path: [] },
): Generator<Chunk> {
  for (const page of pages) {
    if (page.content.trim() === "") continue;
    for (const piece of new PageCut(page.content, strategy, place.path).pieces()) {
      yield { index: place.index, page: page.index, ...piece };
      place.index += 1;
    }
  }
}

class PageCut {
  readonly #page: string;
  readonly #strategy: ChunkingStrategy;
  /** The headings that the next chunk is under; those of earlier pages too. */
  readonly #path: Heading[];
  readonly #atoms: readonly Atom[];
  /** Of the atom at which the next chunk begins. */
  #from = 0;
  /** Those before it have their place in the path. */
  #walked = 0;
  #head: Atom | null = null;

  constructor(page: string, strategy: ChunkingStrategy, path: Heading[]) {
    this.#page = page;
    this.#strategy = strategy;
    this.#path = path;
    this.#atoms = atomsOf(page, strategy.maxTokens);
  }

  *pieces(): Generator<Omit<Chunk, "index" | "page">> {
    while (this.#from < this.#atoms.length) {
      this.#walkTo(this.#from);
      const context = this.#contextOf(this.#from);
      const to = this.#end(context.tokens);
      const chunk = this.#chunk(context, to);
      // What is left of a long run may be blank.
      if (chunk.start < chunk.end) yield chunk;
      this.#from = this.#next(to);
    }
    this.#walkTo(this.#atoms.length);
  }

  #chunk(context: Context, to: number): Omit<Chunk, "index" | "page"> {
    const [first, last] = [this.#atoms[this.#from], this.#atoms[to - 1]];
    const whole = this.#page.slice(first?.start ?? 0, last?.end ?? 0);
    const body = whole.trim();
    const start = (first?.start ?? 0) + whole.indexOf(body);
    const text = context.text + body;
    return { start, end: start + body.length, text, tokens: context.tokens + this.#tokens(this.#from, to) };
  }

  /** Where the chunk ends that begins at `#from`: as much as fits, at least one atom. */
  #end(contextTokens: number): number {
    const { maxTokens } = this.#strategy;
    let tokens = contextTokens;
    let to = this.#from;
    for (let atom = this.#atoms[to]; atom; atom = this.#atoms[to]) {
      const isFull = tokens + atom.tokens > maxTokens;
      const isNewSection = atom.kind === "heading" && tokens >= maxTokens * FILLED_SHARE;
      if (to > this.#from && (isFull || isNewSection)) break;
      tokens += atom.tokens;
      to += 1;
    }
    return this.#withoutLooseEnd(to);
  }

  /** What leads to something does not end a chunk, unless there is nothing else in it. */
  #withoutLooseEnd(to: number): number {
    if (to === this.#atoms.length) return to;
    let end = to;
    while (end > this.#from && leads(this.#atoms[end - 1])) end -= 1;
    return end === this.#from ? to : end;
  }

  /** The next chunk begins with the last sentences of this one, as far as they and what follows fit together. */
  #next(to: number): number {
    const follows = this.#atoms[to];
    if (!follows || follows.kind === "heading") return to;
    const { maxTokens, overlapTokens } = this.#strategy;
    let next = to;
    let shared = 0;
    for (let at = to - 1; at > this.#from; at--) {
      const atom = this.#atoms[at];
      if (!atom || (atom.kind !== "sentence" && atom.kind !== "item")) break;
      shared += atom.tokens;
      if (shared > overlapTokens || shared + follows.tokens > maxTokens * (1 - CONTEXT_SHARE)) break;
      next = at;
    }
    return next;
  }

  #walkTo(to: number): void {
    for (; this.#walked < to; this.#walked++) {
      const atom = this.#atoms[this.#walked];
      if (!atom) continue;
      if (atom.kind === "head") this.#head = atom;
      else if (atom.kind !== "row") this.#head = null;
      if (atom.kind !== "heading") continue;
      while ((this.#path.at(-1)?.level ?? 0) >= atom.level) this.#path.pop();
      const text = `${this.#page.slice(atom.start, atom.end).trim()}\n\n`;
      this.#path.push({ level: atom.level, text, tokens: tokensIn(text) });
    }
  }

  /** The nearest headings first, as many as have room; and what begins the chunk has to fit too. */
  #contextOf(from: number): Context {
    const { maxTokens } = this.#strategy;
    const first = this.#atoms[from];
    if (!first) return NOTHING;
    const room = Math.min(maxTokens * CONTEXT_SHARE, maxTokens - this.#needed(from));
    const isUnder = ({ level }: Heading) => first.kind !== "heading" || level < first.level;
    let { text, tokens } = NOTHING;
    if (first.kind === "row" && this.#head && this.#head.tokens <= maxTokens - first.tokens) {
      text = `${this.#page.slice(this.#head.start, this.#head.end).trim()}\n`;
      tokens = this.#head.tokens;
    }
    for (const heading of this.#path.filter(isUnder).reverse()) {
      if (tokens + heading.tokens > room) break;
      text = heading.text + text;
      tokens += heading.tokens;
    }
    return { text, tokens };
  }

  /** Tokens of the first atoms up to the first that leads to nothing else. */
  #needed(from: number): number {
    let tokens = 0;
    for (let at = from; at < this.#atoms.length; at++) {
      tokens += this.#atoms[at]?.tokens ?? 0;
      if (!leads(this.#atoms[at])) break;
    }
    return tokens;
  }

  #tokens(from: number, to: number): number {
    let tokens = 0;
    for (let at = from; at < to; at++) tokens += this.#atoms[at]?.tokens ?? 0;
    return tokens;
  }
}

function leads(atom: Atom | undefined): boolean {
  return atom?.kind === "heading" || atom?.kind === "head";
}
