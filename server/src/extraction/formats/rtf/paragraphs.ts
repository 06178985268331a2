/** The paragraphs and table rows of one story of an RTF text (its body, a note, a header) as blocks. */
import { type Block, itemOf } from "../../markdown.ts";

type CellEdge = { right: number; mergesLeft: boolean; mergesUp: boolean };
type Row = { cells: string[]; edges: CellEdge[] };

/** Edges of cells that are nearer than this, in twentieths of a point, are one. */
const EDGE_TOLERANCE = 40;
/** Of one level of a list, as most programs set it. */
const LEVEL_INDENT = 360;
/** What a program without lists writes before the words of an item, whose first line hangs out. */
const TYPED_LABEL = /^([•▪◦‣●○■·–—*-]|\(?(?:\d{1,3}|[a-z]|[ivx]{2,5})[.)])\s+(?=\S)/i;
const NO_LABEL = /^[^\p{L}\p{N}]*$/u;

export class Paragraphs {
  readonly blocks: Block[] = [];
  text = "";
  /** What the number or bullet of this paragraph shows; null: it is no item. */
  label: string | null = null;
  depth = 0;
  /** Of an item of the first level: by its style's name. */
  styleDepth = 0;
  /** In twentieths of a point: of its lines, and of the first one against them. */
  indent = 0;
  firstIndent = 0;
  heading: number | null = null;
  inTable = false;
  holdsPageNumber = false;
  /** Blocks that follow the paragraph at hand. */
  readonly after: Block[] = [];
  /** Blocks that follow the table at hand. */
  readonly #afterTable: Block[] = [];
  #edges: CellEdge[] = [];
  #edge = { mergesLeft: false, mergesUp: false };
  #cells: string[] = [];
  #cell: string[] = [];
  #rows: Row[] = [];

  /** A new paragraph's properties begin from none. */
  reset(): void {
    this.heading = null;
    this.inTable = false;
    this.depth = 0;
    this.styleDepth = 0;
    this.indent = 0;
    this.firstIndent = 0;
    this.label = null;
  }

  endParagraph(): void {
    const text = this.text.trim();
    this.text = "";
    if (this.inTable) {
      if (text !== "")
        this.#cell.push(this.label === null || NO_LABEL.test(this.label) ? text : `${this.label} ${text}`);
      this.#afterTable.push(...this.after.splice(0));
    } else {
      this.#endTable();
      if (text !== "" && !(this.holdsPageNumber && text.split(/\s+/).length <= 3)) this.blocks.push(this.#block(text));
      this.blocks.push(...this.after.splice(0));
    }
    this.holdsPageNumber = false;
    this.label = null;
  }

  #block(text: string): Block {
    const label = this.label === null || NO_LABEL.test(this.label) ? null : this.label;
    if (this.heading !== null)
      return { kind: "heading", level: this.heading, text: label === null ? text : `${label} ${text}` };
    if (this.label !== null) return itemOf(this.depth || this.styleDepth, label, text);
    const typed = this.firstIndent < 0 ? TYPED_LABEL.exec(text) : null;
    if (typed === null) return { kind: "paragraph", text };
    const depth = Math.min(Math.max(Math.round(this.indent / LEVEL_INDENT) - 1, 0), 8);
    const shown = typed[1] ?? "";
    return itemOf(depth, NO_LABEL.test(shown) ? null : shown, text.slice(typed[0].length));
  }

  beginRow(): void {
    this.#edges = [];
    this.#edge = { mergesLeft: false, mergesUp: false };
  }

  mergeCell(direction: "left" | "up"): void {
    if (direction === "left") this.#edge.mergesLeft = true;
    else this.#edge.mergesUp = true;
  }

  cellEdge(right: number): void {
    this.#edges.push({ right, ...this.#edge });
    this.#edge = { mergesLeft: false, mergesUp: false };
  }

  endCell(): void {
    this.inTable = true;
    this.endParagraph();
    this.#cells.push(this.#cell.join(" "));
    this.#cell = [];
  }

  endRow(): void {
    if (this.#cells.length > 0) this.#rows.push({ cells: this.#cells, edges: [...this.#edges] });
    this.#cells = [];
  }

  end(): Block[] {
    this.endParagraph();
    this.#endTable();
    return this.blocks;
  }

  #endTable(): void {
    if (this.#cells.length > 0) this.endRow();
    const rows = this.#rows;
    this.#rows = [];
    if (rows.length === 0) return;
    this.blocks.push({ kind: "table", rows: aligned(rows) }, ...this.#afterTable.splice(0));
  }
}

/** A cell that is as wide as several stands in the first of their columns. */
function aligned(rows: readonly Row[]): string[][] {
  const columns: number[] = [];
  for (const right of rows.flatMap(({ edges }) => edges.map((edge) => edge.right)).sort((a, b) => a - b)) {
    if (right - (columns.at(-1) ?? Number.NEGATIVE_INFINITY) > EDGE_TOLERANCE) columns.push(right);
  }
  let above: string[] = [];
  return rows.map(({ cells, edges }) => {
    const line: string[] = [];
    cells.forEach((cell, at) => {
      const edge = edges[at];
      const text = edge?.mergesLeft ? "" : edge?.mergesUp && cell === "" ? (above[line.length] ?? "") : cell;
      const last =
        edge === undefined ? line.length : columns.findIndex((column) => column > edge.right - EDGE_TOLERANCE);
      line.push(text);
      while (line.length <= last) line.push("");
    });
    above = line;
    return line;
  });
}
