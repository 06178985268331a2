/**
 * A slide as blocks: its title as a heading, then its shapes in the order in which they are read aloud, also those in
 * groups; bullets by their levels, tables, charts, diagrams; and last the speaker's notes.
 */

import { childOf, childrenOf, type Element, elementsOf, findIn, textOf } from "../../element.ts";
import { type Block, type Cell, escaped, gridOf, itemOf, link } from "../../markdown.ts";
import { numeral } from "../numerals.ts";
import { officeFormulaOf } from "../ooxml/formula.ts";
import { graphicBlocks } from "../ooxml/graphic.ts";
import type { OfficePackage } from "../ooxml/package.ts";

/** Placeholders that show the same on each slide. */
const FURNITURE = new Set(["dt", "ftr", "hdr", "sldNum", "sldImg"]);
const TITLES = new Set(["title", "ctrTitle"]);
const LEVELS = 9;

export type Slide = { title: string | null; blocks: Block[] };

export function slideOf(part: string, office: OfficePackage): Slide {
  const shapes = shapesIn(treeOf(office.part(part)));
  const isTitle = (shape: Element) => TITLES.has(placeholderOf(shape)?.attributes["type"] ?? "");
  const titles = shapes.filter(isTitle).map((shape) => titleOf(shape, part, office));
  const title = titles.filter((text) => text !== "").join(" ");
  const blocks: Block[] = title === "" ? [] : [{ kind: "heading", level: 1, text: title }];
  for (const shape of shapes) if (!isTitle(shape)) blocks.push(...shapeBlocks(shape, part, office));
  const notes = office.related(part, "notesSlide");
  if (notes !== undefined) blocks.push(...notesOf(notes, office));
  return { title: title === "" ? null : title, blocks };
}

function treeOf(slide: Element): Element | undefined {
  return childOf(childOf(slide, "cSld"), "spTree");
}

/** Shapes, frames and pictures without the groups around them; of two forms of one the newer. */
function shapesIn(tree: Element | undefined): Element[] {
  return (tree === undefined ? [] : elementsOf(tree)).flatMap((child) => {
    if (child.name === "grpSp") return shapesIn(child);
    if (child.name === "AlternateContent") {
      const newer = shapesIn(childOf(child, "Choice"));
      return newer.length > 0 ? newer : shapesIn(childOf(child, "Fallback"));
    }
    return ["sp", "graphicFrame", "pic", "cxnSp"].includes(child.name) ? [child] : [];
  });
}

function placeholderOf(shape: Element): Element | undefined {
  const own = elementsOf(shape).find(({ name }) => /^nv.*Pr$/.test(name));
  return childOf(childOf(own, "nvPr"), "ph");
}

function titleOf(shape: Element, part: string, office: OfficePackage): string {
  const paragraphs = childrenOf(childOf(shape, "txBody"), "p").map((each) => textIn(each, part, office).trim());
  return paragraphs.filter((text) => text !== "").join(" ");
}

function shapeBlocks(shape: Element, part: string, office: OfficePackage): Block[] {
  const placeholder = placeholderOf(shape);
  if (FURNITURE.has(placeholder?.attributes["type"] ?? "")) return [];
  if (shape.name === "pic") return pictureBlocks(shape);
  const table = shape.name === "graphicFrame" ? findIn(shape, "tbl") : undefined;
  if (table !== undefined) return [{ kind: "table", rows: rowsOf(table, part, office) }];
  const graphics = shape.name === "graphicFrame" ? graphicBlocks(shape, part, office) : [];
  // A placeholder for a text without a type of its own is the one with the bullets.
  const isBody = placeholder !== undefined && /^(body|obj|)$/.test(placeholder.attributes["type"] ?? "");
  return [...textBlocks(childOf(shape, "txBody"), isBody, part, office), ...graphics];
}

/** What a picture shows, where somebody described it. Programs put the file's name there: that says nothing. */
function pictureBlocks(picture: Element): Block[] {
  const text = escaped(findIn(picture, "cNvPr")?.attributes["descr"] ?? "").trim();
  return text === "" || /^[\w-]+\.\w{3,4}$/.test(text) ? [] : [{ kind: "paragraph", text }];
}

function textBlocks(body: Element | undefined, isBulleted: boolean, part: string, office: OfficePackage): Block[] {
  const blocks: Block[] = [];
  const counts: number[] = [];
  for (const paragraph of childrenOf(body, "p")) {
    const text = textIn(paragraph, part, office).trim();
    const properties = childOf(paragraph, "pPr");
    const level = Math.min(Math.max(Number(properties?.attributes["lvl"] ?? 0) || 0, 0), LEVELS - 1);
    const numbered = childOf(properties, "buAutoNum");
    if (text === "") continue;
    if (numbered !== undefined) {
      const start = Number(numbered.attributes["startAt"] ?? 1);
      counts[level] = (counts[level] ?? start - 1) + 1;
      counts.length = level + 1;
      blocks.push(itemOf(level, labelOf(counts[level] ?? 1, numbered.attributes["type"] ?? ""), text));
      continue;
    }
    counts.length = Math.min(counts.length, level);
    const isItem = childOf(properties, "buChar") !== undefined || isBulleted || level > 0;
    const isBare = childOf(properties, "buNone") !== undefined;
    blocks.push(isItem && !isBare ? itemOf(level, null, text) : { kind: "paragraph", text });
  }
  // One line alone is a sentence, whatever the slide's design puts before it.
  const [only] = blocks;
  return blocks.length === 1 && only?.kind === "item" && only.marker === null && only.depth === 0
    ? [{ kind: "paragraph", text: only.text }]
    : blocks;
}

/** `alphaLcParenR` is `a)`, `romanUcPeriod` is `I.`. */
function labelOf(count: number, type: string): string {
  const kind = /^(alpha|roman)(Lc|Uc)/.exec(type);
  const format =
    kind === null ? "decimal" : `${kind[2] === "Lc" ? "lower" : "upper"}${kind[1] === "alpha" ? "Letter" : "Roman"}`;
  return `${numeral(count, format)}${/Paren/.test(type) ? ")" : "."}`;
}

function textIn(paragraph: Element, part: string, office: OfficePackage): string {
  return elementsOf(paragraph)
    .map((child): string => {
      switch (child.name) {
        case "r":
          return linked(child, part, office);
        case "fld":
          return child.attributes["type"] === "slidenum" ? "" : escaped(textOf(childOf(child, "t")));
        case "br":
          return "\n";
        case "oMath":
        case "oMathPara":
        case "m":
          return ` ${escaped(officeFormulaOf(child))} `;
        case "AlternateContent": {
          const choice = childOf(child, "Choice");
          return choice === undefined ? "" : textIn(choice, part, office);
        }
        default:
          return "";
      }
    })
    .join("");
}

function linked(run: Element, part: string, office: OfficePackage): string {
  const text = escaped(textOf(childOf(run, "t")));
  const id = childOf(childOf(run, "rPr"), "hlinkClick")?.attributes["r:id"];
  const target = id === undefined ? undefined : office.relationships(part).get(id);
  return target?.external ? link(text, target.target) : text;
}

function rowsOf(table: Element, part: string, office: OfficePackage): string[][] {
  const rows = childrenOf(table, "tr").map((row) =>
    childrenOf(row, "tc")
      .filter(({ attributes }) => !isTrue(attributes["hMerge"]) && !isTrue(attributes["vMerge"]))
      .map(
        (cell): Cell => ({
          text: childrenOf(childOf(cell, "txBody"), "p")
            .map((paragraph) => textIn(paragraph, part, office).trim())
            .join(" "),
          columns: Number(cell.attributes["gridSpan"] ?? 1) || 1,
          rows: Number(cell.attributes["rowSpan"] ?? 1) || 1,
        }),
      ),
  );
  return gridOf(rows);
}

function isTrue(value: string | undefined): boolean {
  return value === "1" || value === "true";
}

function notesOf(part: string, office: OfficePackage): Block[] {
  const shapes = shapesIn(treeOf(office.part(part)));
  const body = shapes.filter((shape) => placeholderOf(shape)?.attributes["type"] === "body");
  const blocks = body.flatMap((shape) => textBlocks(childOf(shape, "txBody"), false, part, office));
  const [first, ...rest] = blocks;
  if (first === undefined || first.kind !== "paragraph") return blocks;
  return [{ ...first, text: `Notes: ${first.text}` }, ...rest];
}
