/** Workbooks (XLSX): a page for each sheet, hidden ones too. Formulas show the value that was last computed. */

import { childOf, childrenOf, descendantsOf, textOf } from "../../element.ts";
import { type Block, escaped, link } from "../../markdown.ts";
import { Zip } from "../../zip.ts";
import { type FormatReader, NO_FACTS } from "../format.ts";
import { graphicBlocks } from "../ooxml/graphic.ts";
import { OfficePackage } from "../ooxml/package.ts";
import { cellsOf, stringOf, type Workbook } from "./cells.ts";
import { sheetMarkdown } from "./sheet.ts";
import { readWorkbookFile } from "./xls.ts";

export const readXlsx: FormatReader = (source, desk) => {
  const { limits } = desk;
  const office = new OfficePackage(new Zip(source, limits), limits);
  const main = office.main("xl/workbook.xml");
  if (main.endsWith(".bin")) {
    // The same in binary: unpacked once within our limits, so that it is no bomb for the library.
    for (const name of office.zip.names()) if (!name.endsWith("/")) office.zip.bytes(name);
    return readWorkbookFile(source, desk);
  }
  const book = office.part(main);
  const relationships = office.relationships(main);
  const sheets = childrenOf(childOf(book, "sheets"), "sheet").flatMap(({ attributes }) => {
    const part = relationships.get(attributes["r:id"] ?? "");
    return part === undefined || part.external ? [] : [{ name: attributes["name"] ?? "", part: part.target }];
  });
  const date1904 = /^(1|true)$/.test(childOf(book, "workbookPr")?.attributes["date1904"] ?? "");
  let workbook: Workbook | null = null;
  return {
    facts: { ...NO_FACTS, ...office.properties(), paged: true, pageCount: sheets.length },
    *pages(from) {
      workbook ??= { strings: stringsOf(office, main), formats: formatsOf(office, main), date1904 };
      let cellsLeft = limits.cells;
      for (const [offset, { name, part }] of sheets.slice(from).entries()) {
        const { grid, merges, links, count } = cellsOf(office.zip.text(part), workbook, cellsLeft);
        cellsLeft -= count;
        for (const { row, column, id } of links) {
          const target = office.relationships(part).get(id);
          const line = grid[row];
          const text = line?.[column];
          if (line !== undefined && text && target?.external) line[column] = link(text, target.target);
        }
        const content = sheetMarkdown(escaped(name), grid, merges, drawingBlocks(office, part));
        yield { index: from + offset, name, content, recognized: false };
      }
    },
  };
};

function stringsOf(office: OfficePackage, main: string): string[] {
  const part = office.related(main, "sharedStrings");
  if (part === undefined || !office.zip.has(part)) return [];
  // From the start of each to the start of the next: a search for its end could go to the end of all, again and again.
  const xml = office.zip.text(part);
  const starts = Array.from(xml.matchAll(/<(?:\w+:)?si[\s/>]/g), ({ index }) => index);
  return starts.map((start, at) => stringOf(xml.slice(start, starts[at + 1])));
}

function formatsOf(office: OfficePackage, main: string): (string | number)[] {
  const styles = office.partIfAny(office.related(main, "styles"));
  const own = new Map(
    childrenOf(childOf(styles, "numFmts"), "numFmt").map(({ attributes }) => [
      Number(attributes["numFmtId"]),
      attributes["formatCode"] ?? "General",
    ]),
  );
  return childrenOf(childOf(styles, "cellXfs"), "xf").map(({ attributes }) => {
    const id = Number(attributes["numFmtId"] ?? 0);
    return own.get(id) ?? id;
  });
}

/** What lies over the cells: text boxes, charts, diagrams. */
function drawingBlocks(office: OfficePackage, sheet: string): Block[] {
  const part = office.related(sheet, "drawing");
  const drawing = office.partIfAny(part);
  if (part === undefined || drawing === undefined) return [];
  const texts = [...descendantsOf(drawing)]
    .filter(({ name }) => name === "txBody")
    .flatMap((body) => childrenOf(body, "p"))
    .map((paragraph): Block => {
      const runs = [...descendantsOf(paragraph)].filter(({ name }) => name === "t");
      return { kind: "paragraph", text: escaped(runs.map(textOf).join("")) };
    });
  return [...texts, ...graphicBlocks(drawing, part, office)];
}
