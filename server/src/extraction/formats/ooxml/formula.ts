/** A formula of an Office file (OMML) as a line of text: fractions with a slash, powers with `^`, roots by their sign. */
import { childOf, childrenOf, type Element, elementsOf, textOf } from "../../element.ts";
import { grouped } from "../mathml.ts";

const DEPTH_MAX = 100;

export function officeFormulaOf(math: Element): string {
  return inside(math, 0).replaceAll(/\s+/g, " ").trim();
}

function inside(element: Element | undefined, depth: number): string {
  if (element === undefined) return "";
  if (depth > DEPTH_MAX) return textOf(element);
  return elementsOf(element)
    .map((child) => lineOf(child, depth + 1))
    .join("");
}

function lineOf(element: Element, depth: number): string {
  const part = (name: string) => inside(childOf(element, name), depth);
  const property = (name: string) => childOf(childOf(element, `${element.name}Pr`), name)?.attributes["m:val"];
  switch (element.name) {
    case "r":
      return childrenOf(element, "t").map(textOf).join("");
    case "f":
      return `${grouped(part("num"))}/${grouped(part("den"))}`;
    case "sSup":
      return `${part("e")}^${grouped(part("sup"))}`;
    case "sSub":
      return `${part("e")}_${grouped(part("sub"))}`;
    case "sSubSup":
    case "sPre":
      return `${part("e")}_${grouped(part("sub"))}^${grouped(part("sup"))}`;
    case "rad":
      return `${part("deg")}√${grouped(part("e"))}`;
    case "nary": {
      const sub = part("sub");
      const sup = part("sup");
      const bounds = `${sub === "" ? "" : `_${grouped(sub)}`}${sup === "" ? "" : `^${grouped(sup)}`}`;
      return `${property("chr") ?? "∫"}${bounds} ${part("e")}`;
    }
    case "d":
      return `${property("begChr") ?? "("}${childrenOf(element, "e")
        .map((each) => inside(each, depth))
        .join(property("sepChr") ?? "|")}${property("endChr") ?? ")"}`;
    case "func":
      return `${part("fName")} ${part("e")}`;
    case "limLow":
      return `${part("e")}_${grouped(part("lim"))}`;
    case "limUpp":
      return `${part("e")}^${grouped(part("lim"))}`;
    case "mr":
      return `${childrenOf(element, "e")
        .map((each) => inside(each, depth))
        .join(", ")}; `;
    case "ctrlPr":
    case "rPr":
      return "";
    default:
      return element.name.endsWith("Pr") ? "" : inside(element, depth);
  }
}
