/** What the styles of an OpenDocument text say of its paragraphs and lists. */
import { childOf, type Element, elementsOf } from "../../element.ts";
import { depthOfStyle } from "../list-styles.ts";
import { numeral } from "../numerals.ts";

type Style = { parent: string | undefined; name: string; list: string | undefined; isHidden: boolean };
/** `format` is empty where a bullet is shown. */
type Level = { format: string; prefix: string; suffix: string; start: number; shownLevels: number };

const PARENTS_MAX = 20;

export class OdfStyles {
  readonly #styles = new Map<string, Style>();
  readonly #lists = new Map<string, Map<number, Level>>();

  /** Of the parts that hold styles: a document's own, and the automatic ones of its content. */
  constructor(roots: readonly (Element | undefined)[]) {
    for (const root of roots) {
      for (const group of ["styles", "automatic-styles"]) {
        const styles = childOf(root, group);
        for (const style of styles === undefined ? [] : elementsOf(styles)) this.#add(style);
      }
    }
  }

  #add(style: Element): void {
    const { attributes } = style;
    const id = attributes["style:name"] ?? "";
    if (style.name === "style") {
      this.#styles.set(id, {
        parent: attributes["style:parent-style-name"],
        name: attributes["style:display-name"] ?? id,
        list: attributes["style:list-style-name"],
        isHidden: childOf(style, "text-properties")?.attributes["text:display"] === "none",
      });
    }
    if (style.name === "list-style") {
      this.#lists.set(
        id,
        new Map(elementsOf(style).map((each) => [Number(each.attributes["text:level"]), levelOf(each)])),
      );
    }
  }

  isTitle(style: string | undefined): boolean {
    return this.#chain(style).some(({ name }) => name === "Title");
  }

  /** Text of that style is there and not shown. */
  isHidden(style: string | undefined): boolean {
    return this.#chain(style).some(({ isHidden }) => isHidden);
  }

  /** How deep an item of that style is shown beside its list's own levels, by the style's name alone; from 0. */
  depthOf(style: string | undefined): number {
    return depthOfStyle(this.#chain(style).map(({ name }) => name.replaceAll("_20_", " ")));
  }

  /** The list style of a paragraph's style. */
  listOf(style: string | undefined): string | undefined {
    return this.#chain(style).find(({ list }) => list !== undefined && list !== "")?.list;
  }

  /** What a list of that style shows before its item; `counts` of the levels above and its own. Null: a bullet. */
  label(list: string | undefined, counts: readonly number[]): string | null {
    const levels = this.#lists.get(list ?? "");
    const own = levels?.get(counts.length);
    if (own === undefined || own.format === "") return null;
    const from = Math.max(counts.length - own.shownLevels, 0);
    const numbers = counts
      .slice(from)
      .map((count, at) => numeral(count, levels?.get(from + at + 1)?.format ?? own.format));
    return `${own.prefix}${numbers.join(".")}${own.suffix}`.trim();
  }

  startOf(list: string | undefined, level: number): number {
    return this.#lists.get(list ?? "")?.get(level)?.start ?? 1;
  }

  #chain(style: string | undefined): Style[] {
    const chain: Style[] = [];
    let next = this.#styles.get(style ?? "");
    if (next === undefined && style !== undefined) return [named(style)];
    while (next !== undefined && chain.length < PARENTS_MAX) {
      chain.push(next);
      const { parent } = next;
      next = this.#styles.get(parent ?? "");
      if (next === undefined && parent !== undefined) chain.push(named(parent));
    }
    return chain;
  }
}

function levelOf({ name, attributes }: Element): Level {
  return {
    format: name === "list-level-style-number" ? (attributes["style:num-format"] ?? "") : "",
    prefix: attributes["style:num-prefix"] ?? "",
    suffix: attributes["style:num-suffix"] ?? "",
    start: Number(attributes["text:start-value"] ?? 1) || 1,
    shownLevels: Number(attributes["text:display-levels"] ?? 1) || 1,
  };
}

/** A style of which nothing but its name is known. */
function named(name: string): Style {
  return { parent: undefined, name, list: undefined, isHidden: false };
}
