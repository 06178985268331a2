/**
 * XML as a tree of elements. Nothing outside the text is ever looked at, and entities
 * that a text declares itself are not known: whoever uses one is refused, so that none can grow.
 */
import { SaxesParser } from "saxes";
import type { Element } from "./element.ts";
import { ExtractionError } from "./extraction.ts";
import type { Limits } from "./limits.ts";

/** The root of a text. Throws `ExtractionError`: `invalid_file` when it is not well-formed, `too_large` by depth or count. */
export function parseXml(text: string, limits: Limits): Element {
  const root: Element = { name: "", attributes: {}, children: [] };
  const open = [root];
  let nodes = 0;
  const parser = new SaxesParser<{ xmlns: false; position: false }>({ xmlns: false, position: false });
  const add = (node: Element | string) => {
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

/** `p` of `w:p`. Attributes keep theirs: two that differ in nothing but the prefix stand in one tag. */
function withoutPrefix(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}
