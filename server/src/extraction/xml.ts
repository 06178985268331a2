/**
 * XML as a tree of elements. Nothing outside the text is ever looked at, and entities
 * that a text declares itself are not known: whoever uses one is refused, so that none can grow.
 */
import { SaxesParser } from "saxes";
import type { Element } from "./element.ts";
import { ExtractionError } from "./extraction.ts";
import type { Limits } from "./limits.ts";

/** Prefixes as every program writes them but those that make up their own. */
const USUAL_PREFIXES: ReadonlyMap<string, string> = new Map([
  ["http://schemas.openxmlformats.org/wordprocessingml/2006/main", "w"],
  ["http://purl.oclc.org/ooxml/wordprocessingml/main", "w"],
  ["http://schemas.openxmlformats.org/officeDocument/2006/relationships", "r"],
  ["http://purl.oclc.org/ooxml/officeDocument/relationships", "r"],
  ["http://schemas.openxmlformats.org/officeDocument/2006/math", "m"],
  ["http://purl.oclc.org/ooxml/officeDocument/math", "m"],
  ...["office", "style", "text", "table", "presentation", "chart"].map((name): [string, string] => [
    `urn:oasis:names:tc:opendocument:xmlns:${name}:1.0`,
    name,
  ]),
  ["http://www.w3.org/1999/xlink", "xlink"],
]);

/** The root of a text. Throws `ExtractionError`: `invalid_file` when it is not well-formed, `too_large` by depth or count. */
export function parseXml(text: string, limits: Limits): Element {
  const root: Element = { name: "", attributes: {}, children: [] };
  const open = [root];
  let nodes = 0;
  /** Those that the document has of its own, and the usual ones. */
  const prefixes = new Map<string, string>();
  const parser = new SaxesParser<{ xmlns: false; position: false }>({ xmlns: false, position: false });
  const add = (node: Element | string) => {
    if (++nodes > limits.xmlNodes) throw new ExtractionError("too_large", "The document has too many parts.");
    open.at(-1)?.children.push(node);
  };
  parser.on("error", (error) => {
    throw new ExtractionError("invalid_file", `The document is damaged: ${error.message.slice(0, 200)}`);
  });
  parser.on("opentag", (tag) => {
    const attributes = withUsualPrefixes(tag.attributes, prefixes);
    const element = { name: withoutPrefix(tag.name), attributes, children: [] };
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

function withUsualPrefixes(attributes: Record<string, string>, prefixes: Map<string, string>): Record<string, string> {
  for (const [name, value] of Object.entries(attributes)) {
    const usual = name.startsWith("xmlns:") ? USUAL_PREFIXES.get(value) : undefined;
    if (usual !== undefined && name !== `xmlns:${usual}`) prefixes.set(name.slice("xmlns:".length), usual);
  }
  if (prefixes.size === 0) return attributes;
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => {
      const usual = prefixes.get(name.slice(0, Math.max(name.indexOf(":"), 0)));
      return [usual === undefined ? name : `${usual}:${withoutPrefix(name)}`, value];
    }),
  );
}
