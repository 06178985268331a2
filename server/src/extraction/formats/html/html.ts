/** HTML pages: the article without the furniture of its page, and what the page says of itself. */

import { descendantsOf, type Element, textOf } from "../../element.ts";
import { plain, written } from "../../markdown.ts";
import { inSections } from "../../sections.ts";
import { decodedText } from "../decoded.ts";
import { type FormatReader, NO_FACTS } from "../format.ts";
import { articleOf } from "./article.ts";
import { blocksOf } from "./blocks.ts";
import { parseHtml } from "./parse.ts";

/** Names of `meta` elements that say something of the document, and what we call it. */
const PROPERTIES: Readonly<Record<string, string>> = {
  description: "description",
  "og:description": "description",
  keywords: "keywords",
  generator: "generator",
  date: "created",
  "dc.date": "created",
  "article:published_time": "created",
  "article:modified_time": "modified",
};
const NOSCRIPT_CHARACTERS_MIN = 200;
const AUTHOR = new Set(["author", "dc.creator", "article:author", "citation_author"]);

export const readHtml: FormatReader = (source, { limits }) => {
  const { text, encoding } = decodedText(source, limits, charsetIn);
  const { blocks, ...facts } = htmlDocument(text);
  return inSections(written(blocks), { ...NO_FACTS, ...facts, encoding }, limits);
};

export function htmlDocument(text: string) {
  const document = parseHtml(text);
  const { base, ...facts } = aboutPage(document);
  const blocksIn = (page: Element) => {
    const { root, isLeftOut } = articleOf(page);
    return blocksOf(root, { isLeftOut, addressOf: (target) => addressFrom(base, target) });
  };
  const blocks = blocksIn(document);
  return { ...facts, blocks: blocks.length > 0 ? blocks : blocksIn(withoutScripts(document)) };
}

/** What is there for those who run none, where it is more than a request to do so. */
function withoutScripts(document: Element): Element {
  const children = [...descendantsOf(document)]
    .filter((element) => element.name === "noscript" && textOf(element).trim().length >= NOSCRIPT_CHARACTERS_MIN)
    .flatMap((element) => element.children);
  return { name: "body", attributes: {}, children };
}

/** The charset that a page declares near its beginning. */
function charsetIn(head: string): string | null {
  return (
    /<meta[^>]+charset\s*=\s*["']?\s*([\w-]+)|^\s*<\?xml[^>]+encoding\s*=\s*["']([\w-]+)/i
      .exec(head)
      ?.slice(1)
      .find((each) => each) ?? null
  );
}

/** Where a link leads: a full address where the page tells its own, otherwise as it is written. Places of the same page are no links. */
function addressFrom(base: string | null, target: string): string | null {
  if (target === "" || target.startsWith("#")) return null;
  return (base === null ? null : URL.parse(target, base)?.href) ?? target;
}

function aboutPage(document: Element) {
  const properties: Record<string, string> = {};
  let title: string | null = null;
  let heading: string | null = null;
  let author: string | null = null;
  let base: string | null = null;
  for (const element of descendantsOf(document)) {
    const { name, attributes } = element;
    if (name === "title") title ??= said(textOf(element));
    if (name === "h1") heading ??= said(textOf(element));
    if (name === "base" || (name === "link" && attributes["rel"] === "canonical"))
      base ??= webAddress(attributes["href"]);
    if (name === "html" && attributes["lang"] !== undefined) properties["language"] = plain(attributes["lang"]);
    if (name !== "meta") continue;
    const key = (attributes["name"] ?? attributes["property"] ?? "").toLowerCase();
    const value = said(attributes["content"] ?? "");
    if (value === null) continue;
    if (AUTHOR.has(key)) author ??= value;
    const property = Object.hasOwn(PROPERTIES, key) ? PROPERTIES[key] : undefined;
    if (property !== undefined) properties[property] ??= value;
  }
  return { title: title ?? heading, author, base, properties };
}

function said(text: string): string | null {
  const words = plain(text).trim();
  return words === "" ? null : words;
}

function webAddress(text: string | undefined): string | null {
  return text !== undefined && /^https?:/i.test(text) ? text : null;
}
