/** Workbooks of OpenDocument (ODS): a page for each sheet, hidden ones too, each cell as it was last shown. */
import { childOf, childrenOf, type Element, elementsOf } from "../../element.ts";
import { ExtractionError } from "../../extraction.ts";
import { type Block, escaped } from "../../markdown.ts";
import { type FormatReader, NO_FACTS } from "../format.ts";
import { type Grid, type Merge, sheetMarkdown } from "../sheets/sheet.ts";
import { OpenDocument } from "./package.ts";
import { OdfStory } from "./story.ts";
import { OdfStyles } from "./styles.ts";

/** Programs fill a sheet up to its last row and column with one empty cell. */
const ROWS_REPEATED_MAX = 10_000;
const COLUMNS_REPEATED_MAX = 1_000;
const COLUMNS_MAX = 16_384;

export const readOds: FormatReader = (source, { limits }) => {
  const document = new OpenDocument(source, limits);
  const content = document.part("content.xml");
  const styles = new OdfStyles([content]);
  const sheets = childrenOf(childOf(childOf(content, "body"), "spreadsheet"), "table");
  const read = (element: Element) => new OdfStory(document, styles).read(element);
  return {
    facts: { ...NO_FACTS, ...document.properties(), paged: true, pageCount: sheets.length },
    *pages(from) {
      let cellsLeft = limits.cells;
      for (const [offset, sheet] of sheets.slice(from).entries()) {
        const name = sheet.attributes["table:name"] ?? "";
        const { grid, merges, cells, shapes } = cellsOf(sheet, read, cellsLeft);
        cellsLeft -= cells;
        yield {
          index: from + offset,
          name,
          content: sheetMarkdown(escaped(name), grid, merges, shapes),
          recognized: false,
        };
      }
    },
  };
};

function cellsOf(sheet: Element, read: (element: Element) => Block[], cellsMax: number) {
  const grid: Grid = [];
  const merges: Merge[] = [];
  const shapes = childrenOf(sheet, "shapes").flatMap(read);
  let cells = 0;
  let row = 0;
  for (const element of rowsOf(sheet)) {
    const line: (string | undefined)[] = [];
    let column = 0;
    for (const cell of elementsOf(element)) {
      if (cell.name !== "table-cell" && cell.name !== "covered-table-cell") continue;
      const repeats = times(cell, "table:number-columns-repeated");
      const text = cell.name === "covered-table-cell" ? "" : shownIn(cell, read, shapes);
      if (text !== "") {
        const until = Math.min(column + Math.min(repeats, COLUMNS_REPEATED_MAX), COLUMNS_MAX);
        for (let at = column; at < until; at += 1) line[at] = text;
        cells += until - column;
        const down = times(cell, "table:number-rows-spanned");
        if (down > 1) merges.push({ top: row, left: column, bottom: row + down - 1, right: column });
      }
      column += repeats;
    }
    const repeated = times(element, "table:number-rows-repeated");
    const shown = line.length === 0 ? 1 : Math.min(repeated, ROWS_REPEATED_MAX);
    cells += line.length === 0 ? 0 : (shown - 1) * line.length;
    if (cells > cellsMax) throw new ExtractionError("too_large", `The sheets have more than ${cellsMax} cells.`);
    for (let at = 0; at < shown; at += 1) grid[row + at] = [...line];
    row += shown;
  }
  return { grid, merges, cells, shapes };
}

/** The words of a cell; what only floats over it stands below the sheet. */
function shownIn(cell: Element, read: (element: Element) => Block[], shapes: Block[]): string {
  const isText = ({ name }: Element) => name === "p";
  const texts = read({ ...cell, children: elementsOf(cell).filter(isText) });
  const others = elementsOf(cell).filter((child) => !isText(child) && child.name !== "annotation");
  if (others.length > 0) shapes.push(...read({ ...cell, children: others }));
  const words = texts.map((block) => (block.kind === "table" ? "" : block.text)).join(" ");
  return words === "" ? escaped(bareValueOf(cell)) : words;
}

/** Of a cell without words: some programs write its value alone. */
function bareValueOf({ attributes }: Element): string {
  const value = attributes["office:value"] ?? "";
  switch (attributes["office:value-type"]) {
    case "percentage":
      return value === "" ? "" : `${Number((Number(value) * 100).toPrecision(15))}%`;
    case "date":
      return (attributes["office:date-value"] ?? "").replace("T", " ");
    case "time":
      return (attributes["office:time-value"] ?? "").replace(DURATION, "$1:$2:$3");
    case "boolean":
      return (attributes["office:boolean-value"] ?? "").toUpperCase();
    case "string":
      return attributes["office:string-value"] ?? "";
    default:
      return value;
  }
}

const DURATION = /^PT(\d+)H(\d+)M(\d+)(?:[.,]\d+)?S$/;

function rowsOf(table: Element): Element[] {
  return elementsOf(table).flatMap((child) => {
    if (child.name === "table-row") return [child];
    return /^table-(header-rows|rows|row-group)$/.test(child.name) ? rowsOf(child) : [];
  });
}

function times({ attributes }: Element, name: string): number {
  return Math.max(Number(attributes[name] ?? 1) || 1, 1);
}
