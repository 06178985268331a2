/**
 * The texts of a document's pages, each as blocks. What a page says depends on its neighbours (running heads) and on the
 * sizes of the document's letters; pages that were looked at for that are kept until their turn comes.
 */
import type { Block } from "../../markdown.ts";
import { notesOf, withNotes } from "./notes.ts";
import { blocksOf, type Sizes, sizesOf } from "./paragraphs.ts";
import { regionsOf } from "./regions.ts";
import { type Edges, edgesOf, isEcho, NEIGHBOURS, NO_EDGES, runningRuns, titleOf } from "./running.ts";
import type { PageRuns } from "./runs.ts";

/** Pages, evenly over the document, whose letters tell which size is that of its text. */
const SAMPLED_PAGES = 8;
/** Of pages that are kept, all together. */
const KEPT_RUNS_MAX = 50_000;
const KEPT_PAGES_MAX = 16;

export class PageTexts {
  readonly #pageCount: number;
  readonly #open: (index: number) => PageRuns | null;
  readonly #titles: ReadonlySet<string>;
  readonly #runs = new Map<number, PageRuns | null>();
  readonly #edges = new Map<number, Edges>();
  readonly #sizes: Sizes;

  /** `open` answers null for a page that is damaged. `titles` are those that the document has for itself and its parts. */
  constructor(pageCount: number, titles: readonly string[], open: (index: number) => PageRuns | null) {
    this.#pageCount = pageCount;
    this.#open = open;
    this.#titles = new Set(titles.map(titleOf));
    this.#sizes = this.#sampledSizes();
  }

  /** Null when the page is damaged. */
  blocksOn(index: number): Block[] | null {
    const page = this.#at(index);
    if (!page) return null;
    const { body } = this.#sizes;
    const neighbours = NEIGHBOURS.map((distance) => index + distance)
      .filter((other) => other >= 0 && other < this.#pageCount)
      .map((other) => ({ index: other, edges: this.#edgesAt(other) }));
    const running = runningRuns({ index, edges: this.#edgesAt(index) }, neighbours, body, this.#titles);
    const { text, notes } = notesOf(
      page.runs.filter((run) => !running.has(run)),
      body,
    );
    const blocks: Block[] = [];
    for (const region of regionsOf(text))
      if (region.kind === "table") blocks.push({ kind: "table", rows: region.rows });
      else appendFlowing(blocks, blocksOf(region.lines, this.#sizes));
    const turned = page.turned
      .filter((run) => !isEcho(run, index, neighbours))
      .map((run): Block => ({ kind: "paragraph", text: run.text }));
    return [...withNotes(blocks, notes, (lines) => blocksOf(lines, this.#sizes)), ...turned];
  }

  #sampledSizes(): Sizes {
    const step = Math.max(1, Math.floor(this.#pageCount / SAMPLED_PAGES));
    const samples: { size: number; characters: number }[] = [];
    for (let index = 0; index < this.#pageCount && index < step * SAMPLED_PAGES; index += step)
      for (const { size, text, isField } of this.#at(index)?.runs ?? [])
        if (!isField) samples.push({ size, characters: text.length });
    return sizesOf(samples);
  }

  #edgesAt(index: number): Edges {
    const known = this.#edges.get(index);
    if (known) return known;
    const page = this.#at(index);
    const edges = page ? edgesOf(page.runs) : NO_EDGES;
    this.#edges.set(index, edges);
    if (this.#edges.size > KEPT_PAGES_MAX) this.#edges.delete(this.#edges.keys().next().value ?? index);
    return edges;
  }

  #at(index: number): PageRuns | null {
    const known = this.#runs.get(index);
    if (known !== undefined) return known;
    const page = this.#open(index);
    this.#runs.set(index, page);
    for (const oldest of this.#runs.keys()) {
      if (oldest === index || this.#isRoom()) break;
      this.#runs.delete(oldest);
    }
    return page;
  }

  #isRoom(): boolean {
    if (this.#runs.size > KEPT_PAGES_MAX) return false;
    let runs = 0;
    for (const page of this.#runs.values()) runs += page?.runs.length ?? 0;
    return runs <= KEPT_RUNS_MAX;
  }
}

/** A sentence that goes on at the top of the next column is one. */
function appendFlowing(blocks: Block[], [first, ...more]: readonly Block[]): void {
  const last = blocks.at(-1);
  const goesOn =
    last?.kind === "paragraph" &&
    first?.kind === "paragraph" &&
    /[\p{L},-]$/u.test(last.text) &&
    /^\p{Ll}/u.test(first.text);
  if (goesOn) blocks.splice(-1, 1, { ...last, text: columnsJoined(last.text, first.text) });
  else if (first) blocks.push(first);
  blocks.push(...more);
}

function columnsJoined(text: string, next: string): string {
  return /\p{L}-$/u.test(text) ? text.slice(0, -1) + next : `${text} ${next}`;
}
