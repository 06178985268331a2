/**
 * Text of an OpenDocument file as blocks: headings, lists with their numbers, tables, links. Text frames and objects
 * follow the paragraph that they stand in, and so do the notes that it refers to.
 */
import { childOf, childrenOf, type Element, elementsOf, textOf } from "../../element.ts";
import { type Block, type Cell, escaped, gridOf, itemOf, link } from "../../markdown.ts";
import { formulaIn } from "../mathml.ts";
import { allOf, type OpenDocument } from "./package.ts";
import type { OdfStyles } from "./styles.ts";

/** What is no text of the document, or repeats it with the numbers of printed pages. */
const LEFT_OUT = new Set(
  (
    "tracked-changes table-of-content illustration-index table-index user-index alphabetical-index annotation " +
    "annotation-end sequence-decls variable-decls user-field-decls forms note-citation bibliography-configuration " +
    "soft-page-break scripts event-listeners glue-point image desc title"
  ).split(" "),
);
const PAGE_NUMBERS = new Set(["page-number", "page-count"]);
const REPEATED_MAX = 1_000;

export class OdfStory {
  readonly blocks: Block[] = [];
  readonly #document: OpenDocument;
  readonly #styles: OdfStyles;
  /** Numbers of lists that a later one may continue, by list style. */
  readonly #counts = new Map<string, number>();
  #text = "";
  #after: Block[] = [];
  #notes: Block[] = [];
  #holdsPageNumber = false;

  constructor(document: OpenDocument, styles: OdfStyles) {
    this.#document = document;
    this.#styles = styles;
  }

  read(container: Element): Block[] {
    this.#blocksIn(container);
    this.#endList();
    return this.blocks;
  }

  #blocksIn(container: Element): void {
    for (const child of elementsOf(container)) this.#block(child);
  }

  #block(element: Element): void {
    if (LEFT_OUT.has(element.name)) return;
    switch (element.name) {
      case "h":
      case "p":
        this.#paragraph(element, null);
        return;
      case "list":
        this.#list(element, [], undefined);
        this.#endList();
        return;
      case "table":
        this.#table(element);
        return;
      case "frame":
        this.#frame(element);
        this.blocks.push(...this.#after);
        this.#after = [];
        return;
      default:
        this.#blocksIn(element);
    }
  }

  #paragraph(element: Element, item: { depth: number; label: string | null } | null): void {
    const style = element.attributes["text:style-name"];
    if (item === null) this.#endList();
    this.#holdsPageNumber = false;
    this.#inlinesIn(element);
    const text = this.#text.trim();
    this.#text = "";
    const after = this.#after;
    this.#after = [];
    const level =
      element.name === "h"
        ? Number(element.attributes["text:outline-level"] ?? 1)
        : this.#styles.isTitle(style)
          ? 1
          : null;
    if (text !== "" && !(this.#holdsPageNumber && text.split(/\s+/).length <= 3)) {
      if (level !== null) {
        const label = item?.label ?? null;
        this.blocks.push({ kind: "heading", level, text: label === null ? text : `${label} ${text}` });
      } else if (item !== null) {
        this.blocks.push(itemOf(item.depth, item.label, text));
      } else {
        this.blocks.push({ kind: "paragraph", text });
      }
    }
    if (item === null || after.length > 0) this.#endList();
    this.blocks.push(...after);
  }

  #endList(): void {
    this.blocks.push(...this.#notes);
    this.#notes = [];
  }

  /** `above` are the numbers of the items that this list stands in. */
  #list(list: Element, above: readonly number[], inherited: string | undefined): void {
    const style = list.attributes["text:style-name"] ?? inherited;
    const level = above.length + 1;
    const key = `${style} ${level}`;
    const continues =
      list.attributes["text:continue-numbering"] === "true" || list.attributes["text:continue-list"] !== undefined;
    let count = (continues ? this.#counts.get(key) : undefined) ?? this.#styles.startOf(style, level) - 1;
    for (const item of elementsOf(list)) {
      if (item.name !== "list-item" && item.name !== "list-header") continue;
      const isHeader = item.name === "list-header";
      if (!isHeader) count = Number(item.attributes["text:start-value"] ?? count + 1) || count + 1;
      let isFirst = true;
      for (const child of elementsOf(item)) {
        if (child.name === "list") this.#list(child, [...above, count], style);
        else if (child.name === "p" || child.name === "h") {
          const shown = isFirst && !isHeader;
          if (shown || child.name === "h") {
            const label = shown
              ? this.#styles.label(style ?? this.#styles.listOf(child.attributes["text:style-name"]), [...above, count])
              : null;
            const depth = level > 1 ? level - 1 : this.#styles.depthOf(child.attributes["text:style-name"]);
            this.#paragraph(child, { depth, label });
          } else this.#furtherParagraph(child);
          isFirst = false;
        } else this.#block(child);
      }
    }
    this.#counts.set(key, count);
  }

  /** A second paragraph of an item stays with it. */
  #furtherParagraph(element: Element): void {
    const last = this.blocks.at(-1);
    if (last?.kind !== "item") {
      this.#paragraph(element, null);
      return;
    }
    this.#inlinesIn(element);
    last.text += ` ${this.#text.trim()}`;
    this.#text = "";
    this.blocks.push(...this.#after);
    this.#after = [];
  }

  #table(table: Element): void {
    this.#endList();
    const rows = rowsOf(table);
    const cells = rows.map((row) =>
      elementsOf(row)
        .filter(({ name }) => name === "table-cell")
        .map(
          (cell): Cell => ({
            text: this.#cellText(cell),
            columns: count(cell, "table:number-columns-spanned"),
            rows: count(cell, "table:number-rows-spanned"),
          }),
        ),
    );
    this.blocks.push({ kind: "table", rows: gridOf(cells) });
  }

  #cellText(cell: Element): string {
    const story = new OdfStory(this.#document, this.#styles);
    return story
      .read(cell)
      .map((block) => (block.kind === "table" ? block.rows.flat().join(" ") : block.text))
      .join(" ");
  }

  #inlinesIn(container: Element): void {
    for (const child of container.children) {
      if (typeof child === "string") this.#text += escaped(child);
      else this.#inline(child);
    }
  }

  #inline(element: Element): void {
    if (LEFT_OUT.has(element.name)) return;
    if (PAGE_NUMBERS.has(element.name)) {
      this.#holdsPageNumber = true;
      return;
    }
    switch (element.name) {
      case "s":
      case "tab":
        this.#text += " ";
        return;
      case "line-break":
        this.#text += "\n";
        return;
      case "a": {
        const before = this.#text;
        this.#text = "";
        this.#inlinesIn(element);
        this.#text = before + link(this.#text, element.attributes["xlink:href"] ?? "");
        return;
      }
      case "note":
        this.#note(element);
        return;
      case "frame":
      case "custom-shape":
      case "rect":
      case "ellipse":
      case "g":
        this.#frame(element);
        return;
      case "ruby-text":
        return;
      case "span":
        if (!this.#styles.isHidden(element.attributes["text:style-name"])) this.#inlinesIn(element);
        return;
      default:
        this.#inlinesIn(element);
    }
  }

  #note(note: Element): void {
    const body = childOf(note, "note-body");
    const text = body === undefined ? "" : this.#cellText(body);
    if (text === "") return;
    const sign = textOf(childOf(note, "note-citation")).trim();
    const mark = note.attributes["text:note-class"] === "endnote" ? `[^e${sign}]` : `[^${sign}]`;
    this.#text += mark;
    this.#notes.push({ kind: "paragraph", text: `${mark}: ${text}` });
  }

  /** A text box, a shape with text, a formula, a chart, or a picture that is described. */
  #frame(frame: Element): void {
    const object = childOf(frame, "object");
    if (object !== undefined) {
      this.#object(object);
      return;
    }
    const story = new OdfStory(this.#document, this.#styles);
    const blocks = story.read(
      childOf(frame, "text-box") ?? { ...frame, children: elementsOf(frame).filter(({ name }) => name !== "image") },
    );
    this.#after.push(...blocks);
    const described = blocks.length > 0 ? undefined : (childOf(frame, "desc") ?? childOf(frame, "title"));
    if (described !== undefined) this.#text += ` ${escaped(textOf(described))} `;
  }

  #object(object: Element): void {
    const inside = this.#document.embedded(object.attributes["xlink:href"] ?? "") ?? elementsOf(object)[0];
    if (inside === undefined) return;
    const formula = formulaIn(inside);
    if (formula !== "") this.#text += ` ${escaped(formula)} `;
    const chart = allOf(inside, "chart").find(({ attributes }) => attributes["chart:class"] !== undefined);
    if (chart === undefined) return;
    const titles = childrenOf(chart, "title").map(
      (title): Block => ({ kind: "paragraph", text: escaped(textOf(title)) }),
    );
    this.#after.push(...titles);
    for (const table of allOf(chart, "table"))
      this.#after.push(...new OdfStory(this.#document, this.#styles).read({ ...chart, children: [table] }));
  }
}

/** Also those in groups and in the header; a row may stand for many. */
function rowsOf(table: Element): Element[] {
  return elementsOf(table).flatMap((child) => {
    if (child.name === "table-row") {
      const times = count(child, "table:number-rows-repeated");
      return Array.from({ length: textOf(child).trim() === "" ? 1 : times }, () => child);
    }
    return /^table-(header-rows|rows|row-group)$/.test(child.name) ? rowsOf(child) : [];
  });
}

function count({ attributes }: Element, name: string): number {
  return Math.min(Math.max(Number(attributes[name] ?? 1) || 1, 1), REPEATED_MAX);
}
