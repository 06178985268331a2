/**
 * XML as a tree of elements. Nothing outside the text is ever looked at, and entities
 * that a text declares itself are not known: whoever uses one is refused, so that none can grow.
 */
import { SaxesParser } from "saxes";
import { ExtractionError } from "./extraction.ts";
import type { Limits } from "./limits.ts";

export type XmlElement = {
  /** Without its prefix: `p` of `w:p`. */
  name: string;
  /** By their whole names, such as `r:id`: two that differ in nothing but the prefix stand in one tag. */
  attributes: Readonly<Record<string, string>>;
  children: XmlNode[];
};
export type XmlNode = XmlElement | string;

/** The root of a text. Throws `ExtractionError`: `invalid_file` when it is not well-formed, `too_large` by depth or count. */
export function parseXml(text: string, limits: Limits): XmlElement {
  const root: XmlElement = { name: "", attributes: {}, children: [] };
  const open = [root];
  let nodes = 0;
  const parser = new SaxesParser<{ xmlns: false; position: false }>({ xmlns: false, position: false });
  const add = (node: XmlNode) => {
    if (++nodes > limits.xmlNodes) throw new ExtractionError("too_large", "The document has too many parts.");
    open.at(-1)?.children.push(node);
  };
  parser.on("error", (error) => {
    throw new ExtractionError("invalid_file", `The document is damaged: ${error.message.slice(0, 200)}`);
  });
  parser.on("opentag", (tag) => {
    const element = { name: withoutPrefix(tag.name), attributes: tag.attributes, children: [] };
    add(element);
    open.push(element);
    if (open.length > limits.xmlDepth) throw new ExtractionError("too_large", "The document is nested too deep.");
  });
  parser.on("closetag", () => void open.pop());
  parser.on("text", add);
  parser.on("cdata", add);
  parser.write(text).close();
  const element = root.children.find((child) => typeof child !== "string");
  if (!element) throw new ExtractionError("invalid_file", "The document is empty.");
  return element;
}

/** The elements among the children, of this name when there is one. */
export function elementsOf(element: XmlElement, name?: string): XmlElement[] {
  return element.children.filter((child) => typeof child !== "string").filter((child) => !name || child.name === name);
}

/** The first element of this name anywhere inside, in the order of the text. */
export function findElement(element: XmlElement, name: string): XmlElement | null {
  for (const child of elementsOf(element)) {
    const found = child.name === name ? child : findElement(child, name);
    if (found) return found;
  }
  return null;
}

/** All text inside. */
export function textOf(node: XmlNode): string {
  return typeof node === "string" ? node : node.children.map(textOf).join("");
}

function withoutPrefix(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}
