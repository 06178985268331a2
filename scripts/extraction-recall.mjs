// How much of what must come out of files does, by format. Usage: node scripts/extraction-recall.mjs [FOLDER]
// The folder has an expected.ts like that of server/test/corpus, which is taken when none is named, and the files beside it
// or in fixtures/. Headings, sentences, rows of tables and links count when they stand in their order; words of pictures alone.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ProcessExtraction } from "../server/src/extraction/process-extraction.ts";
import { foundOf } from "../server/test/corpus/recall.ts";

const folder = resolve(process.argv[2] ?? "server/test/corpus");
const files = existsSync(resolve(folder, "fixtures")) ? resolve(folder, "fixtures") : folder;
const { EXPECTED } = await import(pathToFileURL(resolve(folder, "expected.ts")).href);
const extraction = new ProcessExtraction({});
const signal = new AbortController().signal;

const formats = new Map();
for (const expected of EXPECTED) {
  const path = resolve(files, expected.file);
  const row = formats.get(expected.fileType) ?? { files: 0, wanted: 0, found: 0, ms: 0, missing: [] };
  formats.set(expected.fileType, row);
  row.files += 1;
  const startedAt = performance.now();
  const pages = await pagesOf(path, expected.file);
  row.ms += performance.now() - startedAt;
  for (const { what, wanted, found, missing } of foundOf(expected, pages)) {
    row.wanted += wanted;
    row.found += found;
    row.missing.push(...missing.map((text) => `${expected.file}: ${what}: ${text}`));
  }
}
await extraction.close();

/** None when it cannot be read: then all of it is missing. */
async function pagesOf(path, filename) {
  const pages = [];
  try {
    const reading = await extraction.open({ path, filename, mediaType: null }, { recognize: true, signal });
    for await (const page of reading.pages(0)) pages.push(page);
    await reading.close();
  } catch (error) {
    console.error(`${filename}: ${error.message}`);
  }
  return pages;
}

console.log("format    files  recall   found/wanted   ms a file");
let [wanted, found] = [0, 0];
for (const [fileType, row] of [...formats].sort()) {
  wanted += row.wanted;
  found += row.found;
  const recall = (row.found / row.wanted).toFixed(3);
  console.log(
    `${fileType.padEnd(10)}${String(row.files).padStart(5)}${recall.padStart(8)}${`${row.found}/${row.wanted}`.padStart(15)}${(row.ms / row.files).toFixed(0).padStart(12)}`,
  );
}
console.log(
  `all${String(EXPECTED.length).padStart(12)}${(found / wanted).toFixed(3).padStart(8)}${`${found}/${wanted}`.padStart(15)}`,
);
for (const text of [...formats.values()].flatMap(({ missing }) => missing)) console.log(`missing: ${text}`);
