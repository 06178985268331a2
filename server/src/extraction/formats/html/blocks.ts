/** HTML as blocks: headings, paragraphs, lists, tables, code. What the caller leaves out is left out with all in it. */

import { descendantsOf, type Element, elementsOf, textOf } from "../../element.ts";
import { type Block, type Cell, codeSpan, escaped, gridOf, link, plain } from "../../markdown.ts";
import { formulaOf } from "../mathml.ts";

const HEADING = /^h([1-6])$/;
const BLOCKS = new Set(
  (
    "address article aside blockquote body center dd details div dl dt fieldset figcaption figure footer form header " +
    "hgroup hr html li main menu nav ol p pre section summary table tbody td tfoot th thead tr ul caption legend"
  ).split(" "),
);
const COLUMNS_MAX = 1_000;

export type BlockOptions = {
  isLeftOut: (element: Element) => boolean;
  /** Where a link leads, given what the document writes; null: it is no link. */
  addressOf?: (target: string) => string | null;
};

export function blocksOf(root: Element, options: BlockOptions): Block[] {
  const walk = new Walk(options);
  walk.element(root);
  walk.flush();
  return walk.blocks;
}

type List = { ordered: boolean; next: number };

/** One walk over the tree: text gathers until a block begins or ends. */
class Walk {
  readonly blocks: Block[] = [];
  readonly #options: BlockOptions;
  readonly #lists: List[] = [];
  /** The item whose first words are awaited. */
  #marker: { depth: number; marker: string | null } | null = null;
  /** The item that further paragraphs of it belong to. */
  #item: Extract<Block, { kind: "item" }> | null = null;
  #text = "";

  constructor(options: BlockOptions) {
    this.#options = options;
  }

  element(element: Element): void {
    if (this.#options.isLeftOut(element)) return;
    const level = HEADING.exec(element.name)?.[1];
    if (level !== undefined) this.#heading(Number(level), element);
    else if (element.name === "ul" || element.name === "ol") this.#list(element);
    else if (element.name === "li") this.#listItem(element);
    else if (element.name === "table") this.#table(element);
    else if (element.name === "pre") this.#code(element);
    else if (element.name === "dd") this.#definition(element);
    else if (BLOCKS.has(element.name)) this.#block(element);
    else this.#inline(element);
  }

  flush(): void {
    const text = this.#text;
    this.#text = "";
    if (text.trim() === "") return;
    if (this.#marker !== null) {
      this.#item = { kind: "item", ...this.#marker, text };
      this.#marker = null;
      this.blocks.push(this.#item);
    } else if (this.#item !== null && this.#item === this.blocks.at(-1)) {
      this.#item.text += ` ${text}`;
    } else {
      this.blocks.push({ kind: "paragraph", text });
    }
  }

  #children(element: Element): void {
    for (const child of element.children) {
      if (typeof child === "string") this.#text += escaped(child);
      else this.element(child);
    }
  }

  #block(element: Element): void {
    this.flush();
    this.#children(element);
    this.flush();
  }

  #heading(level: number, element: Element): void {
    this.flush();
    this.blocks.push({ kind: "heading", level, text: this.#inlineOf(element) });
  }

  #list(element: Element): void {
    this.flush();
    const start = Number.parseInt(element.attributes["start"] ?? "", 10);
    this.#lists.push({ ordered: element.name === "ol", next: Number.isNaN(start) ? 1 : start });
    this.#children(element);
    this.flush();
    this.#lists.pop();
    if (this.#lists.length === 0) this.#item = null;
  }

  #listItem(element: Element): void {
    this.flush();
    const list = this.#lists.at(-1);
    this.#marker = { depth: Math.max(this.#lists.length - 1, 0), marker: list?.ordered ? `${list.next}.` : null };
    if (list !== undefined) list.next += 1;
    this.#item = null;
    this.#children(element);
    this.flush();
    this.#marker = null;
    this.#item = null;
  }

  #definition(element: Element): void {
    this.flush();
    this.#marker = { depth: this.#lists.length, marker: null };
    this.#children(element);
    this.flush();
    this.#marker = null;
    this.#item = null;
  }

  #code(element: Element): void {
    this.flush();
    const hint = [element, ...elementsOf(element)].map(({ attributes }) => attributes["class"] ?? "").join(" ");
    const language = /\b(?:language|lang|highlight-source)-([\w+#-]+)/.exec(hint)?.[1] ?? "";
    this.blocks.push({
      kind: "code",
      language,
      text: textOf(element)
        .replace(/^\r?\n/, "")
        .replaceAll("\r\n", "\n"),
    });
  }

  #table(table: Element): void {
    this.flush();
    const rows = rowsOf(table);
    if (isLayout(table, rows)) {
      this.#block(table);
      return;
    }
    for (const caption of elementsOf(table).filter(({ name }) => name === "caption")) this.#block(caption);
    const cells = rows.map((row) =>
      elementsOf(row)
        .filter(({ name }) => name === "td" || name === "th")
        .map(
          (cell): Cell => ({ text: this.#inlineOf(cell), columns: span(cell, "colspan"), rows: span(cell, "rowspan") }),
        ),
    );
    this.blocks.push({ kind: "table", rows: gridOf(cells) });
  }

  /** All that is inside as one run of words. */
  #inlineOf(element: Element): string {
    const walk = new Walk(this.#options);
    walk.#children(element);
    walk.flush();
    return walk.blocks.map((block) => (block.kind === "table" ? block.rows.flat().join(" ") : block.text)).join(" ");
  }

  #inline(element: Element): void {
    switch (element.name) {
      case "br":
        this.#text += "\n";
        return;
      case "img":
        this.#text += ` ${escaped(element.attributes["alt"] ?? "")} `;
        return;
      case "code":
      case "kbd":
      case "samp":
      case "tt":
        this.#text += codeSpan(textOf(element));
        return;
      case "math":
        this.#text += escaped(formulaOf(element));
        return;
      case "a":
        this.#anchor(element);
        return;
      default:
        this.#children(element);
    }
  }

  /** A number that leads to a note of the same document, or the sign that leads back from it. */
  #noteMark(element: Element): boolean {
    const text = textOf(element);
    if (WAY_BACK.test(text)) return true;
    const { class: names = "", "epub:type": type, role } = element.attributes;
    const isMark =
      type === "noteref" ||
      role === "doc-noteref" ||
      /\bfootnote-ref\b/.test(names) ||
      [...descendantsOf(element)].some(({ name }) => name === "sup");
    if (!isMark || !/^\d+$/.test(text.trim())) return false;
    this.#text += `[^${text.trim()}]`;
    return true;
  }

  #anchor(element: Element): void {
    const target = plain(element.attributes["href"] ?? "").trim();
    const address = this.#options.addressOf === undefined ? target : this.#options.addressOf(target);
    if (!address && this.#noteMark(element)) return;
    if (!address || [...descendantsOf(element)].some(({ name }) => BLOCKS.has(name) || HEADING.test(name))) {
      this.#children(element);
      return;
    }
    const before = this.#text;
    this.#text = "";
    this.#children(element);
    const words = this.#text;
    const space = /^\s/.test(words) ? " " : "";
    this.#text = `${before}${space}${link(words, address)}${/\s$/.test(words) ? " " : ""}`;
  }
}

/** What leads back from a note to the text. */
const WAY_BACK = /^[\s\p{So}\p{Sm}\p{Mn}^]+$/u;

/** The rows of a table itself, not those of tables inside. */
function rowsOf(table: Element): Element[] {
  return elementsOf(table).flatMap((part) =>
    part.name === "tr"
      ? [part]
      : /^(thead|tbody|tfoot)$/.test(part.name)
        ? elementsOf(part).filter(({ name }) => name === "tr")
        : [],
  );
}

/**
 * Tables that only arrange a page: with headings inside, or tables in more than a few of their cells, or said to be so, or
 * of one cell.
 */
function isLayout(table: Element, rows: readonly Element[]): boolean {
  if (/^(presentation|none)$/.test(table.attributes["role"] ?? "")) return true;
  const cells = rows.flatMap((row) => elementsOf(row).filter(({ name }) => name === "td" || name === "th"));
  if (cells.length <= 1) return true;
  const inside = [...descendantsOf(table)];
  if (inside.some(({ name }) => HEADING.test(name))) return true;
  if (!inside.some(({ name }) => name === "table")) return false;
  const holders = cells.filter((cell) => [...descendantsOf(cell)].some(({ name }) => name === "table"));
  const isLong = cells.some((cell) => textOf(cell).length > CELL_CHARACTERS_MAX);
  return isLong || holders.length > cells.length * HOLDERS_SHARE_MAX;
}

/** Of a table that is no layout though tables stand in its cells. */
const HOLDERS_SHARE_MAX = 1 / 6;
const CELL_CHARACTERS_MAX = 300;

function span(cell: Element, name: "colspan" | "rowspan"): number {
  const value = Number.parseInt(cell.attributes[name] ?? "1", 10);
  return Number.isNaN(value)
    ? 1
    : Math.min(Math.max(value, name === "rowspan" && value === 0 ? COLUMNS_MAX : 1), COLUMNS_MAX);
}
