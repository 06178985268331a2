/**
 * Reading a PDF of 200 pages, from the file to the last page of Markdown, beside `pdftotext`, which gives text alone. The
 * document is made here, or named: running text with headings, two columns on every third page, a table on every fifth.
 *
 *   node bench/extraction.ts [pairs] [a PDF of your own]
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { ProcessExtraction } from "../server/src/extraction/process-extraction.ts";
import { type PageContent, pdfFile, type Words } from "../server/src/extraction/suite/pdf-file.ts";
import { conditions, median } from "./conditions.ts";

const PAGES = 200;
const RATIO_MAX = 6;
const pairs = Number(process.argv[2] ?? 5);
const sentence =
  "Whoever stores apples over the winter wants a cellar that is cool and not too dry, shelves of wood, and paper or straw between them. ";

const folder = mkdtempSync(path.join(tmpdir(), "waybill-bench-"));
const file = process.argv[3] ?? path.join(folder, "made.pdf");
const extraction = new ProcessExtraction();
try {
  if (!process.argv[3]) writeFileSync(file, pdfFile(Array.from({ length: PAGES }, (_, index) => pageOf(index))));
  console.log(conditions());
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    ours.push(await readMs());
    const ms = pdftotextMs();
    if (ms !== null) theirs.push(ms);
  }
  console.log(`read as Markdown: ${median(ours).toFixed(0)} ms`);
  if (theirs.length === 0) console.log("pdftotext is not installed: nothing to compare with");
  else {
    const ratio = median(ours.map((ms, at) => ms / (theirs[at] ?? Number.NaN)));
    console.log(`pdftotext: ${median(theirs).toFixed(0)} ms`);
    console.log(`ratio: ${ratio.toFixed(1)}, at most ${RATIO_MAX}: ${ratio <= RATIO_MAX ? "held" : "MISSED"}`);
  }
} finally {
  await extraction.close();
  rmSync(folder, { recursive: true, force: true });
}

async function readMs(): Promise<number> {
  const began = performance.now();
  const options = { tenant: "acme", recognize: false, signal: new AbortController().signal };
  const reading = await extraction.open({ path: file, filename: "made.pdf", mediaType: null }, options);
  let characters = 0;
  for await (const page of reading.pages(0)) characters += page.content.length;
  const ms = performance.now() - began;
  await reading.close();
  if (characters === 0) throw new Error("Nothing was read.");
  return ms;
}

function pdftotextMs(): number | null {
  const began = performance.now();
  const { status } = spawnSync("pdftotext", [file, path.join(folder, "made.txt")]);
  return status === 0 ? performance.now() - began : null;
}

function pageOf(index: number): PageContent {
  const heading: Words = { x: 60, y: 790, text: `Chapter ${index + 1}`, size: 18 };
  if (index % 3 === 0) return [heading, ...column(60, 44, 46, index), ...column(315, 44, 46, index + 7)];
  if (index % 5 === 0) return [heading, ...column(60, 25, 100, index), ...table(440)];
  return [heading, ...column(60, 54, 100, index)];
}

function column(x: number, lines: number, characters: number, from: number): Words[] {
  const text = sentence.repeat(50).slice(from);
  return Array.from({ length: lines }, (_, at) => ({
    x,
    y: 760 - at * 13,
    text: text.slice(at * characters, (at + 1) * characters),
  }));
}

function table(top: number): Words[] {
  return Array.from({ length: 80 }, (_, at) => ({
    x: 60 + (at % 4) * 120,
    y: top - Math.floor(at / 4) * 14,
    text: at < 4 ? `Column ${at}` : String((at * 7919) % 1_000),
  }));
}
