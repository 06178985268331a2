/** A formula of MathML as a line of text: fractions with a slash, powers with `^`, roots by their sign. */
import { type Element, elementsOf, findIn, textOf } from "../element.ts";

const DEPTH_MAX = 100;

export function formulaOf(math: Element): string {
  return lineOf(math, 0).replaceAll(/\s+/g, " ").trim();
}

function lineOf(element: Element, depth: number): string {
  if (depth > DEPTH_MAX) return textOf(element);
  const part = (at: number) => {
    const child = elementsOf(element)[at];
    return child === undefined ? "" : lineOf(child, depth + 1).trim();
  };
  const all = () => inside(element, depth);
  switch (localName(element)) {
    case "annotation":
    case "annotation-xml":
      return "";
    case "mfrac":
      return `${grouped(part(0))}/${grouped(part(1))}`;
    case "msup":
    case "mover":
      return `${part(0)}^${grouped(part(1))}`;
    case "msub":
    case "munder":
      return `${part(0)}_${grouped(part(1))}`;
    case "msubsup":
    case "munderover":
      return `${part(0)}_${grouped(part(1))}^${grouped(part(2))}`;
    case "msqrt":
      return `√${grouped(all().trim())}`;
    case "mroot":
      return `${part(1)}√${grouped(part(0))}`;
    case "mo":
      return ` ${textOf(element).trim()} `.replace(/^ ([()[\]{},]) $/, "$1");
    case "mi":
    case "mn":
    case "mtext":
      return textOf(element).trim();
    case "mtr":
      return `${all()};`;
    default:
      return all();
  }
}

function inside(element: Element, depth: number): string {
  return element.children
    .map((child) => (typeof child === "string" ? child.trim() : lineOf(child, depth + 1)))
    .join("");
}

/** In brackets, unless it is one name or number. */
export function grouped(text: string): string {
  return /^[\p{L}\p{N}.]*$/u.test(text) ? text : `(${text})`;
}

function localName({ name }: Element): string {
  return name.slice(name.indexOf(":") + 1);
}

/** The formula inside, of a document that holds nothing else. */
export function formulaIn(document: Element): string {
  const math = localName(document) === "math" ? document : (findIn(document, "math") ?? findIn(document, "math:math"));
  return math === undefined ? "" : formulaOf(math);
}
