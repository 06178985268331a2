/** The numbers of a Word document's lists: they are not in its text, and are counted as the paragraphs come. */
import { childOf, childrenOf, type Element } from "../../element.ts";
import { numeral } from "../numerals.ts";
import type { ListPlace } from "./styles.ts";

type Level = { format: string; text: string; start: number };
type Counters = { counts: (number | undefined)[] };

const LEVELS = 9;

export class Numbering {
  readonly #levels = new Map<string, Level[]>();
  /** Lists that continue one another count together. */
  readonly #counters = new Map<string, Counters>();

  constructor(root: Element | undefined) {
    const abstracts = new Map(
      childrenOf(root, "abstractNum").map((each) => [each.attributes["w:abstractNumId"] ?? "", each]),
    );
    const counters = new Map<string, Counters>();
    for (const list of childrenOf(root, "num")) {
      const id = list.attributes["w:numId"] ?? "";
      const abstractId = childOf(list, "abstractNumId")?.attributes["w:val"] ?? "";
      const levels = Array.from({ length: LEVELS }, (): Level => ({ format: "decimal", text: "", start: 1 }));
      for (const level of childrenOf(abstracts.get(abstractId), "lvl")) put(levels, level);
      const overrides = childrenOf(list, "lvlOverride");
      for (const override of overrides) {
        for (const level of childrenOf(override, "lvl")) put(levels, level);
        const start = childOf(override, "startOverride")?.attributes["w:val"];
        const changed = levels[Number(override.attributes["w:ilvl"])];
        if (start !== undefined && changed !== undefined) changed.start = Number(start);
      }
      this.#levels.set(id, levels);
      const restarts = overrides.some((override) => childOf(override, "startOverride") !== undefined);
      const together = counters.get(abstractId) ?? { counts: [] };
      if (!restarts) counters.set(abstractId, together);
      this.#counters.set(id, restarts ? { counts: [] } : together);
    }
  }

  /** Whether that list shows nothing at all before its paragraphs. */
  isUnmarked({ list, level }: ListPlace): boolean {
    const own = this.#levels.get(list)?.[level];
    return own !== undefined && (own.format === "none" || (own.format === "bullet" && own.text.trim() === ""));
  }

  /** The next label of that list as it is shown (`3.`, `2.1`, `b)`); null where a bullet or nothing is shown. */
  next({ list, level }: ListPlace): string | null {
    const levels = this.#levels.get(list);
    const counters = this.#counters.get(list);
    const own = levels?.[level];
    if (levels === undefined || counters === undefined || own === undefined) return null;
    const { counts } = counters;
    counts[level] = (counts[level] ?? own.start - 1) + 1;
    counts.length = level + 1;
    if (own.format === "bullet" || own.format === "none") return null;
    return own.text
      .replaceAll(/%([1-9])/g, (_, digit: string) => {
        const at = Number(digit) - 1;
        const shown = levels[at];
        return shown === undefined ? "" : numeral(counts[at] ?? shown.start, shown.format);
      })
      .trim();
  }
}

function put(levels: Level[], level: Element): void {
  const at = Number(level.attributes["w:ilvl"]);
  if (levels[at] === undefined) return;
  levels[at] = {
    format: childOf(level, "numFmt")?.attributes["w:val"] ?? "decimal",
    text: childOf(level, "lvlText")?.attributes["w:val"] ?? "",
    start: Number(childOf(level, "start")?.attributes["w:val"] ?? 1),
  };
}
