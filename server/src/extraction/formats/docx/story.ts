/**
 * A story of a Word document (its body, a note, a header, a text box) as blocks. Text boxes and graphics follow the
 * paragraph that they are anchored in, notes follow the paragraph that refers to them, deleted text is gone.
 */

import { childOf, childrenOf, type Element, elementsOf, findIn, textOf } from "../../element.ts";
import { type Block, escaped, itemOf, link } from "../../markdown.ts";
import { officeFormulaOf } from "../ooxml/formula.ts";
import { graphicBlocks } from "../ooxml/graphic.ts";
import type { OfficePackage } from "../ooxml/package.ts";
import { altChunkBlocks } from "./alt-chunk.ts";
import type { Numbering } from "./numbering.ts";
import type { ListPlace, Styles } from "./styles.ts";
import { symbolOf } from "./symbols.ts";

export type StoryParts = {
  office: OfficePackage;
  styles: Styles;
  numbering: Numbering;
  /** The mark and the text of a note; null when it says nothing. */
  noteOf: (kind: "footnote" | "endnote", id: string) => { mark: string; text: string } | null;
};

/** Elements that only wrap what is inside. */
const WRAPPERS = new Set([
  "sdt",
  "sdtContent",
  "customXml",
  "smartTag",
  "ins",
  "moveTo",
  "fldSimple",
  "dir",
  "bdo",
  "ruby",
  "rubyBase",
]);
const COLUMNS_MAX = 1_000;
const PAGE_FIELD = /^\s*(PAGE|NUMPAGES|SECTIONPAGES)\b/i;

/** A field whose result is being read: what it tells to do, and where its result begins. */
type Field = { instruction: string; resultAt: number | null };

export class Story {
  readonly blocks: Block[] = [];
  readonly #parts: StoryParts;
  /** The part of the archive that its relationships are of. */
  readonly #part: string;
  #text = "";
  #fields: Field[] = [];
  /** Blocks that follow the paragraph at hand. */
  #after: Block[] = [];
  /** Notes wait for the end of a list or a table. */
  #notes: Block[] = [];
  #holdsPageNumber = false;

  constructor(parts: StoryParts, part: string) {
    this.#parts = parts;
    this.#part = part;
  }

  read(container: Element): Block[] {
    this.#blocksIn(container);
    this.#endList();
    return this.blocks;
  }

  #blocksIn(container: Element): void {
    for (const child of elementsOf(container)) {
      if (child.name === "p") this.#paragraph(child);
      else if (child.name === "tbl") this.#table(child);
      else if (child.name === "AlternateContent") this.#alternative(child, (chosen) => this.#blocksIn(chosen));
      else if (child.name === "altChunk") this.blocks.push(...altChunkBlocks(this.#parts.office, this.#target(child)));
      else if (WRAPPERS.has(child.name) && !isContents(child)) this.#blocksIn(child);
    }
  }

  #paragraph(paragraph: Element): void {
    const properties = childOf(paragraph, "pPr");
    const { heading, isContents, list } = this.#parts.styles.of(properties);
    if (list === null) this.#endList();
    this.#holdsPageNumber = false;
    this.#runsIn(paragraph);
    const text = this.#text.trim();
    this.#text = "";
    const after = this.#after;
    this.#after = [];
    const isNumberOnly = this.#holdsPageNumber && text.split(/\s+/).length <= 3;
    if (text !== "" && !isContents && !isNumberOnly) {
      const label = list === null ? null : this.#parts.numbering.next(list);
      if (heading !== null) {
        this.blocks.push({ kind: "heading", level: heading, text: label === null ? text : `${label} ${text}` });
      } else if (list !== null && this.#continuesItem(list, text)) {
        // It stands with its item.
      } else if (list !== null) {
        this.blocks.push(itemOf(list.depth, label, text));
      } else {
        this.blocks.push({ kind: "paragraph", text });
      }
    }
    if (list === null || after.length > 0) this.#endList();
    this.blocks.push(...after);
  }

  /** A further paragraph of an item is one of a list that shows nothing before it. */
  #continuesItem(list: ListPlace, text: string): boolean {
    const last = this.blocks.at(-1);
    if (last?.kind !== "item" || !this.#parts.numbering.isUnmarked(list)) return false;
    last.text += ` ${text}`;
    return true;
  }

  /** What had to wait for the end of a list. */
  #endList(): void {
    this.blocks.push(...this.#notes);
    this.#notes = [];
  }

  #table(table: Element): void {
    this.#endList();
    const rows = rowsOf(table);
    const cells = rows.flatMap(cellsOf);
    if (cells.length === 1) {
      for (const cell of cells) this.#blocksIn(cell);
      return;
    }
    let above: string[] = [];
    const grid = rows.map((row) => {
      const line: string[] = Array.from({ length: span(childOf(childOf(row, "trPr"), "gridBefore"), 0) }, () => "");
      for (const cell of cellsOf(row)) {
        const properties = childOf(cell, "tcPr");
        const merge = childOf(properties, "vMerge");
        const continues = merge !== undefined && merge.attributes["w:val"] !== "restart";
        line.push(continues ? (above[line.length] ?? "") : this.#cellText(cell));
        for (let right = span(childOf(properties, "gridSpan"), 1); right > 1; right -= 1) line.push("");
      }
      above = line;
      return line;
    });
    this.blocks.push({ kind: "table", rows: grid });
    this.#endList();
  }

  #cellText(cell: Element): string {
    const story = new Story(this.#parts, this.#part);
    const texts = story.read(cell).map((block) => (block.kind === "table" ? block.rows.flat().join(" ") : block.text));
    return texts.join(" ");
  }

  /** Of the forms that a program wrote for newer and older readers, the first that says something. */
  #alternative(element: Element, read: (chosen: Element) => void): void {
    const before = this.#text.length + this.#after.length + this.blocks.length;
    for (const chosen of [childOf(element, "Choice"), childOf(element, "Fallback")]) {
      if (chosen !== undefined) read(chosen);
      if (this.#text.length + this.#after.length + this.blocks.length > before) return;
    }
  }

  #runsIn(container: Element): void {
    for (const child of elementsOf(container)) this.#inline(child);
  }

  #inline(element: Element): void {
    switch (element.name) {
      case "r":
        if (!isHidden(element)) this.#runsIn(element);
        return;
      case "t":
        this.#text += escaped(textOf(element));
        return;
      case "tab":
        this.#text += " ";
        return;
      case "br":
        this.#text += /^(page|column)$/.test(element.attributes["w:type"] ?? "") ? " " : "\n";
        return;
      case "cr":
        this.#text += "\n";
        return;
      case "noBreakHyphen":
        this.#text += "-";
        return;
      case "sym":
        this.#text += symbolOf(element.attributes["w:font"] ?? "", element.attributes["w:char"] ?? "");
        return;
      case "hyperlink":
        this.#hyperlink(element);
        return;
      case "fldChar":
        this.#field(element.attributes["w:fldCharType"] ?? "");
        return;
      case "instrText":
        for (const field of this.#fields.slice(-1)) field.instruction += textOf(element);
        return;
      case "footnoteReference":
      case "endnoteReference":
        this.#note(element);
        return;
      case "oMath":
      case "oMathPara":
        this.#text += ` ${escaped(officeFormulaOf(element))} `;
        return;
      case "drawing":
      case "pict":
      case "object":
        this.#graphic(element);
        return;
      case "AlternateContent":
        this.#alternative(element, (chosen) => this.#runsIn(chosen));
        return;
      default:
        if (WRAPPERS.has(element.name)) this.#wrapped(element);
    }
  }

  #wrapped(element: Element): void {
    if (element.name === "fldSimple" && PAGE_FIELD.test(element.attributes["w:instr"] ?? ""))
      this.#holdsPageNumber = true;
    else this.#runsIn(element);
  }

  /** The part that it stands for. */
  #target(element: Element): string {
    return this.#parts.office.relationships(this.#part).get(element.attributes["r:id"] ?? "")?.target ?? "";
  }

  #hyperlink(element: Element): void {
    const target = this.#parts.office.relationships(this.#part).get(element.attributes["r:id"] ?? "");
    const before = this.#text;
    this.#text = "";
    this.#runsIn(element);
    this.#text = before + (target?.external ? link(this.#text, target.target) : this.#text);
  }

  #field(mark: string): void {
    if (mark === "begin") this.#fields.push({ instruction: "", resultAt: null });
    const field = this.#fields.at(-1);
    if (field === undefined) return;
    if (mark === "separate") field.resultAt = this.#text.length;
    if (mark !== "end") return;
    this.#fields.pop();
    const result = this.#text.slice(field.resultAt ?? this.#text.length);
    const before = this.#text.slice(0, field.resultAt ?? this.#text.length);
    const target = /^\s*HYPERLINK\s+"([^"]+)"/i.exec(field.instruction)?.[1];
    if (PAGE_FIELD.test(field.instruction)) {
      this.#holdsPageNumber = true;
      this.#text = before;
    } else if (target !== undefined) this.#text = before + link(result, target);
  }

  #note(element: Element): void {
    const kind = element.name === "footnoteReference" ? "footnote" : "endnote";
    const id = element.attributes["w:id"] ?? "";
    const note = this.#parts.noteOf(kind, id);
    if (note === null) return;
    this.#text += note.mark;
    this.#notes.push({ kind: "paragraph", text: `${note.mark}: ${note.text}` });
  }

  /** The blocks of the text boxes inside, and what charts and diagrams say. */
  #graphic(graphic: Element): void {
    const boxes = textBoxesIn(graphic);
    for (const box of boxes) this.#after.push(...new Story(this.#parts, this.#part).read(box));
    this.#after.push(...graphicBlocks(graphic, this.#part, this.#parts.office));
    const description = boxes.length > 0 ? undefined : findIn(graphic, "docPr")?.attributes["descr"];
    if (description !== undefined) this.#text += ` ${escaped(description)} `;
  }
}

/** Those that are not inside another one, and of two forms of one box the first. */
function textBoxesIn(element: Element): Element[] {
  return elementsOf(element).flatMap((child) => {
    if (child.name === "txbxContent") return [child];
    if (child.name !== "AlternateContent") return textBoxesIn(child);
    const choice = childOf(child, "Choice");
    const first = choice === undefined ? [] : textBoxesIn(choice);
    const fallback = childOf(child, "Fallback");
    return first.length > 0 || fallback === undefined ? first : textBoxesIn(fallback);
  });
}

function rowsOf(table: Element): Element[] {
  return elementsOf(table).flatMap((child) => {
    if (child.name === "tr") return childOf(childOf(child, "trPr"), "del") === undefined ? [child] : [];
    return WRAPPERS.has(child.name) ? rowsOf(child) : [];
  });
}

function cellsOf(row: Element): Element[] {
  return elementsOf(row).flatMap((child) => {
    if (child.name === "tc") return [child];
    return WRAPPERS.has(child.name) ? cellsOf(child) : [];
  });
}

function span(property: Element | undefined, otherwise: number): number {
  const value = Number(property?.attributes["w:val"] ?? otherwise);
  return Number.isInteger(value) ? Math.min(Math.max(value, 0), COLUMNS_MAX) : otherwise;
}

function isHidden(run: Element): boolean {
  const vanish = childOf(childOf(run, "rPr"), "vanish");
  return vanish !== undefined && !/^(0|false|off)$/.test(vanish.attributes["w:val"] ?? "");
}

/** A table of contents repeats the headings with the numbers of printed pages. */
function isContents(sdt: Element): boolean {
  const gallery = childOf(childOf(childOf(sdt, "sdtPr"), "docPartObj"), "docPartGallery");
  return gallery?.attributes["w:val"] === "Table of Contents" || childrenOf(sdt, "docPartObj").length > 0;
}
