/**
 * Reading workbooks, from the file to the last page of Markdown, in a process of its own, beside the library for them called
 * directly, in a process that is warm. A process is ready before each file, as it is in a server to which files come. The
 * other office formats are walked by ourselves: there is no library to compare with.
 *
 *   node bench/office.ts [pairs]
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import xlsx from "@e965/xlsx";
import { ProcessExtraction } from "../server/dist/extraction/process-extraction.js";
import { conditions, median } from "./conditions.ts";

const OVERHEAD_MAX = 0.15;
const ROWS = 20_000;
/** Until the next process has loaded what it needs. */
const READY_MS = 1_500;
const pairs = Number(process.argv[2] ?? 5);
const folder = mkdtempSync(path.join(tmpdir(), "waybill-bench-"));
const extraction = new ProcessExtraction();

type Office = { name: string; bytes: Buffer; beside: string; direct: (file: string) => number };

function workbook(type: "xlsx" | "biff8"): Buffer {
  const rows = Array.from({ length: ROWS }, (_, at) => [`Article ${at}`, at % 40, at * 1.25, `Shelf ${at % 300}`]);
  const book = xlsx.utils.book_new();
  xlsx.utils.book_append_sheet(book, xlsx.utils.aoa_to_sheet([["Name", "Count", "Price", "Place"], ...rows]), "Stock");
  return xlsx.write(book, { type: "buffer", bookType: type, compression: true });
}

/** Rows as Markdown's cells: the least that a reader does with the library. */
function sheetRows(file: string): number {
  const book = xlsx.read(readFileSync(file), { cellDates: true });
  return book.SheetNames.reduce((sum, name) => {
    const sheet = book.Sheets[name];
    return sum + (sheet ? xlsx.utils.sheet_to_csv(sheet).length : 0);
  }, 0);
}

const OFFICE: readonly Office[] = [
  { name: "stock.xlsx", bytes: workbook("xlsx"), beside: "@e965/xlsx", direct: sheetRows },
  { name: "stock.xls", bytes: workbook("biff8"), beside: "@e965/xlsx", direct: sheetRows },
];

try {
  console.log(conditions());
  for (const office of OFFICE) await compare(office);
} finally {
  await extraction.close();
  rmSync(folder, { recursive: true, force: true });
}

async function compare({ name, bytes, beside, direct }: Office): Promise<void> {
  const file = path.join(folder, name);
  writeFileSync(file, bytes);
  await readMs(file);
  direct(file);
  const ratios: number[] = [];
  const ours: number[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    await setTimeout(READY_MS);
    const ms = await readMs(file);
    const began = performance.now();
    if (direct(file) === 0) throw new Error("Nothing was read.");
    ours.push(ms);
    ratios.push(ms / (performance.now() - began));
  }
  const overhead = median(ratios) - 1;
  const verdict = overhead <= OVERHEAD_MAX ? "held" : "MISSED";
  console.log(
    `${name}: ${median(ours).toFixed(0)} ms, ${(overhead * 100).toFixed(0)} % above ${beside}, at most ${OVERHEAD_MAX * 100} %: ${verdict}`,
  );
}

async function readMs(file: string): Promise<number> {
  const began = performance.now();
  const options = { recognize: false, signal: new AbortController().signal };
  const reading = await extraction.open({ path: file, filename: path.basename(file), mediaType: null }, options);
  for await (const page of reading.pages(0)) if (page.content === "") throw new Error("An empty page.");
  const ms = performance.now() - began;
  await reading.close();
  return ms;
}
