/** Workbooks in binary (XLS, XLSB), read by a library: a page for each sheet, each cell as it is shown. */
import { readFileSync } from "node:fs";
import xlsx, { type CellObject, type WorkBook, type WorkSheet } from "@e965/xlsx";
import { ExtractionError } from "../../extraction.ts";
import { escaped, link } from "../../markdown.ts";
import { type FormatReader, NO_FACTS } from "../format.ts";
import { type Grid, sheetMarkdown } from "./sheet.ts";
import { GENERAL, shownAs } from "./shown.ts";

/** The format of texts. */
const TEXT = "@";

/** What the library calls it, and we do. */
const PROPERTIES: Readonly<Record<string, string>> = {
  Subject: "subject",
  Keywords: "keywords",
  Comments: "description",
  Category: "category",
  Company: "company",
  LastAuthor: "modifiedBy",
};

export const readWorkbookFile: FormatReader = (source, { limits }) => {
  const book = workbookOf(source.path, limits.cells);
  const properties: Record<string, string> = {};
  const said = (name: string) => {
    const value = Object.entries(book.Props ?? {}).find(([key]) => key === name)?.[1];
    return typeof value === "string" && value.trim() !== "" ? value.trim() : null;
  };
  for (const [theirs, ours] of Object.entries(PROPERTIES)) {
    const value = said(theirs);
    if (value !== null) properties[ours] = value;
  }
  return {
    facts: {
      ...NO_FACTS,
      title: said("Title"),
      author: said("Author"),
      properties,
      paged: true,
      pageCount: book.SheetNames.length,
    },
    *pages(from) {
      let cellsLeft = limits.cells;
      for (const [offset, name] of book.SheetNames.slice(from).entries()) {
        const sheet = book.Sheets[name];
        const grid = sheet === undefined ? [] : gridOf(sheet, cellsLeft, book.Workbook?.WBProps?.date1904 ?? false);
        cellsLeft -= grid.reduce((sum, row) => sum + row.length, 0);
        const merges = (sheet?.["!merges"] ?? []).map(({ s, e }) => ({ top: s.r, left: s.c, bottom: e.r, right: e.c }));
        yield {
          index: from + offset,
          name,
          content: sheetMarkdown(escaped(name), grid, merges, []),
          recognized: false,
        };
      }
    },
  };
};

function workbookOf(path: string, cellsMax: number): WorkBook {
  try {
    return xlsx.read(readFileSync(path), {
      dense: true,
      cellDates: false,
      cellFormula: false,
      cellHTML: false,
      // Most are shown as they are: we know that sooner than the library does.
      cellText: false,
      cellNF: true,
      sheetRows: cellsMax,
      bookVBA: false,
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : "";
    if (/password|encrypt/i.test(reason))
      throw new ExtractionError("encrypted_file", "The workbook is protected by a password.");
    throw new ExtractionError("invalid_file", "The workbook is damaged.");
  }
}

function gridOf(sheet: WorkSheet, cellsMax: number, date1904: boolean): Grid {
  let count = 0;
  return (sheet["!data"] ?? []).map((row) =>
    (row ?? []).map((cell) => {
      if (cell === undefined || cell === null || cell.v === undefined) return undefined;
      if (++count > cellsMax) throw new ExtractionError("too_large", "The sheets have too many cells.");
      const text = shown(cell, date1904);
      const target = cell.l?.Target;
      return target === undefined ? text : link(text, target);
    }),
  );
}

/** As inline Markdown. Dates are shown as in other workbooks; errors and texts with a format of their own as the library shows them. */
function shown(cell: CellObject, date1904: boolean): string {
  const { t, v, z = GENERAL } = cell;
  if (typeof v === "string" && (z === GENERAL || z === TEXT)) return escaped(v);
  if (typeof v === "number" && t === "n") {
    const text = shownAs(v, z, date1904);
    // Nothing in a number without a format of its own is a sign of Markdown.
    return z === GENERAL ? text : escaped(text);
  }
  return escaped(xlsx.utils.format_cell(cell));
}
