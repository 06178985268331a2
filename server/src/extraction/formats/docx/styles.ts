/** What a Word document's styles say of its paragraphs: which are headings and titles, and which belong to a list. */
import { childOf, childrenOf, type Element } from "../../element.ts";
import { depthOfStyle } from "../list-styles.ts";

/** The place in a list that a paragraph asks for. */
export type ListPlace = {
  list: string;
  /** Of the list's own levels, from 0. */
  level: number;
  /** How deep it is shown, from 0. */
  depth: number;
};

export type ParagraphStyle = {
  /** 1 to 9; null: not a heading. */
  heading: number | null;
  /** A line of the table of contents. */
  isContents: boolean;
  list: ListPlace | null;
};

const BASED_ON_MAX = 20;
const PLAIN: ParagraphStyle = { heading: null, isContents: false, list: null };

export class Styles {
  readonly #styles = new Map<string, Element>();
  readonly #known = new Map<string, ParagraphStyle>();

  constructor(root: Element | undefined) {
    for (const style of childrenOf(root, "style")) this.#styles.set(style.attributes["w:styleId"] ?? "", style);
  }

  /** Of a paragraph's own properties (`pPr`), and of the style that it names with all that this is based on. */
  of(properties: Element | undefined): ParagraphStyle {
    const style = this.#named(childOf(properties, "pStyle")?.attributes["w:val"] ?? "");
    const outline = outlineOf(properties);
    const list = listOf(properties, style.list);
    return { ...style, heading: outline === undefined ? style.heading : outline, list };
  }

  #named(id: string): ParagraphStyle {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const chain: Element[] = [];
    let style = this.#styles.get(id);
    while (style !== undefined && chain.length < BASED_ON_MAX) {
      chain.push(style);
      style = this.#styles.get(childOf(style, "basedOn")?.attributes["w:val"] ?? "");
    }
    const result = { ...PLAIN };
    for (const each of chain.reverse()) {
      const name = (childOf(each, "name")?.attributes["w:val"] ?? each.attributes["w:styleId"] ?? "").toLowerCase();
      const properties = childOf(each, "pPr");
      result.heading = outlineOf(properties) ?? headingOfName(name) ?? result.heading;
      result.isContents ||= /^(toc|contents) ?\d+$/.test(name);
      result.list = listOf(properties, result.list);
      const depth = depthOfStyle([name]);
      if (depth > 0 && result.list?.level === 0) result.list = { ...result.list, depth };
    }
    // Documents made by programs often name a style that they do not describe.
    if (chain.length === 0) result.heading = headingOfName(id.toLowerCase());
    this.#known.set(id, result);
    return result;
  }
}

function headingOfName(name: string): number | null {
  if (name === "title") return 1;
  const level = /^(?:heading|überschrift|berschrift|titre) ?([1-9])$/.exec(name)?.[1];
  return level === undefined ? null : Number(level);
}

/** Undefined: nothing is said. 9 means body text. */
function outlineOf(properties: Element | undefined): number | null | undefined {
  const value = childOf(properties, "outlineLvl")?.attributes["w:val"];
  if (value === undefined) return undefined;
  return Number(value) < 9 ? Number(value) + 1 : null;
}

/** A list with the id 0 is none, whatever the style says. */
function listOf(properties: Element | undefined, inherited: ListPlace | null): ListPlace | null {
  const numbering = childOf(properties, "numPr");
  if (numbering === undefined) return inherited;
  const list = childOf(numbering, "numId")?.attributes["w:val"] ?? inherited?.list;
  const own = childOf(numbering, "ilvl")?.attributes["w:val"];
  const level = Math.min(Math.max(Number(own ?? inherited?.level ?? 0) || 0, 0), 8);
  return list === undefined || list === "0"
    ? null
    : { list, level, depth: own === undefined ? (inherited?.depth ?? level) : level };
}
