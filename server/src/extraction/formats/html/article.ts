/**
 * What a page is about, without its furniture: menus, banners, side columns, footers, consent notices, what is hidden.
 * Furniture is told by its element, its role, the words of its class, and, where a page says nothing of its parts, by
 * being made of links. What holds half of a page's text is never furniture.
 */
import { descendantsOf, type Element, elementsOf } from "../../element.ts";

/** Of an element and all in it: characters of text, how many of them are links', and the number of links. */
type Weight = { text: number; linked: number; links: number };

const NEVER_SHOWN = new Set(
  "head title script style template noscript svg canvas iframe object embed audio video map dialog button input select textarea option datalist rp rt".split(
    " ",
  ),
);
const FURNITURE_ELEMENTS = new Set(["nav", "aside", "footer", "menu"]);
const FURNITURE_ROLES = new Set(
  "navigation banner contentinfo complementary search dialog alertdialog menu menubar toolbar".split(" "),
);
const FURNITURE_WORDS = new Set(
  (
    "nav navbar navigation menu sidebar breadcrumb breadcrumbs footer masthead cookie cookies consent gdpr banner " +
    "advert advertisement ads ad promo sponsor sponsored share sharing social newsletter subscribe subscription signup " +
    "related recommended recommendations popup modal overlay toolbar pagination pager skip skiplink copyright comments " +
    "widget tagcloud searchbox searchform login noprint"
  ).split(" "),
);
/** Of a page's text: what holds that much of it is what the page is about. */
const MAIN_SHARE = 0.5;
const MENU_LINKS_MIN = 4;
const MENU_LINKED_SHARE = 0.8;

export type Article = { root: Element; isLeftOut: (element: Element) => boolean };

export function articleOf(document: Element): Article {
  const weights = weigh(document);
  const weightOf = (element: Element) => weights.get(element) ?? { text: 0, linked: 0, links: 0 };
  const all = [...descendantsOf(document)];
  const body = all.find(({ name }) => name === "body") ?? document;
  const whole = weightOf(body).text;
  const isMost = (element: Element) => weightOf(element).text >= whole * MAIN_SHARE;

  const root = rootOf(all, body, (element) => weightOf(element).text);
  const isDeclared = root !== body;
  const isLeftOut = (element: Element): boolean => {
    if (isNeverShown(element)) return true;
    if (isMost(element)) return false;
    if (isNamedFurniture(element, isDeclared)) return true;
    return !isDeclared && isMenu(element, weightOf(element), whole);
  };
  return { root, isLeftOut };
}

/** The element that says that it is the page's content, when it holds some; otherwise the body. */
function rootOf(all: readonly Element[], body: Element, textOf: (element: Element) => number): Element {
  const mains = all.filter(({ name, attributes }) => name === "main" || attributes["role"] === "main");
  const main = mains.sort((a, b) => textOf(b) - textOf(a))[0];
  const within = main !== undefined && textOf(main) >= textOf(body) * 0.2 ? main : body;
  const articles = [...descendantsOf(within)].filter(({ name }) => name === "article");
  const largest = articles.sort((a, b) => textOf(b) - textOf(a))[0];
  return largest !== undefined && textOf(largest) >= textOf(within) * MAIN_SHARE ? largest : within;
}

export function isNeverShown({ name, attributes }: Element): boolean {
  return (
    NEVER_SHOWN.has(name) ||
    "hidden" in attributes ||
    attributes["aria-hidden"] === "true" ||
    /display\s*:\s*none|visibility\s*:\s*hidden/i.test(attributes["style"] ?? "")
  );
}

function isNamedFurniture(element: Element, isInContent: boolean): boolean {
  const { name, attributes } = element;
  const role = attributes["role"] ?? "";
  if (FURNITURE_ELEMENTS.has(name) || (FURNITURE_ROLES.has(role) && role !== "banner")) return true;
  if ((name === "header" && !isInContent) || role === "banner") return !holdsHeading(element);
  if (!/^(div|section|ul|ol|p|form|span|table|td|header|a)$/.test(name)) return false;
  const words = `${attributes["class"] ?? ""} ${attributes["id"] ?? ""}`.toLowerCase().split(/[\s_-]+/);
  return words.some((word) => FURNITURE_WORDS.has(word)) && !holdsHeading(element);
}

/** What holds the title of a page is none, such as the picture at its head that some call a banner. */
function holdsHeading(element: Element): boolean {
  for (const { name } of descendantsOf(element)) if (name === "h1") return true;
  return false;
}

/** A small part of the page that is nearly all links. */
function isMenu({ name }: Element, { text, linked, links }: Weight, whole: number): boolean {
  if (!/^(ul|ol|div|table|td|section|p)$/.test(name)) return false;
  return links >= MENU_LINKS_MIN && linked >= text * MENU_LINKED_SHARE && text < whole * 0.3;
}

/** Weighs every element from the leaves up, so that no part of a page is counted twice. */
function weigh(document: Element): Map<Element, Weight> {
  const weights = new Map<Element, Weight>();
  const order = [document, ...descendantsOf(document)];
  for (const element of order.reverse()) {
    const weight = { text: 0, linked: 0, links: 0 };
    weights.set(element, weight);
    if (isNeverShown(element)) continue;
    for (const child of element.children) {
      if (typeof child === "string") weight.text += child.replaceAll(/\s+/g, " ").trim().length;
    }
    for (const child of elementsOf(element)) {
      const inside = weights.get(child);
      if (inside === undefined) continue;
      weight.text += inside.text;
      weight.linked += inside.linked;
      weight.links += inside.links;
    }
    if (element.name === "a" && "href" in element.attributes) {
      weight.linked = weight.text;
      weight.links += 1;
    }
  }
  return weights;
}
