/**
 * Real files of real programs, read as the server reads them: pictures, and the first file of each kind, in a process of its own
 * that may only read; the others in this one, as a start takes more than most readings.
 */
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { ProcessExtraction } from "../src/extraction/process-extraction.ts";
import { collected, openHere } from "../src/extraction/suite/reading-files.ts";
import { EXPECTED, REFUSED } from "./corpus/expected.ts";
import { foundOf } from "./corpus/recall.ts";

const FOLDER = fileURLToPath(new URL("corpus/fixtures", import.meta.url));

const extraction = new ProcessExtraction({ processes: 1 });
afterAll(() => extraction.close());

/** What the cases below have read, by file. */
const first = new Map<string, unknown>();

const inProcess = new Set<string>();

async function read(name: string, { isPicture = false } = {}) {
  const file = { path: join(FOLDER, name), filename: name, mediaType: null };
  const { signal } = new AbortController();
  const isFirst = !inProcess.has(extname(name));
  inProcess.add(extname(name));
  const reading = await (isFirst || isPicture
    ? extraction.open(file, { tenant: "acme", recognize: true, signal })
    : openHere(file, signal));
  try {
    return { facts: reading.facts, pages: await collected(reading.pages(0)) };
  } finally {
    await reading.close();
  }
}

describe("what a file says comes out", () => {
  test.each(EXPECTED)("$file", async (expected) => {
    const { facts, pages } = await read(expected.file, { isPicture: expected.wordsMin !== undefined });
    first.set(expected.file, { facts, pages });
    const { fileType, title, author, wordsMin = 1 } = expected;
    expect(facts).toMatchObject({
      fileType,
      pageCount: pages.length,
      ...(title && { title }),
      ...(author && { author }),
    });
    if (expected.pages !== undefined) expect(facts).toMatchObject({ paged: true, pageCount: expected.pages });
    for (const { what, wanted, found, missing } of foundOf(expected, pages))
      expect(found / wanted, `${what} without ${missing.join(" ¦ ")}`).toBeGreaterThanOrEqual(
        what === "words" ? wordsMin : 1,
      );
    if (expected.language !== undefined) {
      const text = pages.map(({ content }) => content).join("\n");
      expect(await extraction.languageOf(text)).toBe(expected.language);
    }
  });
});

describe("what cannot be read says why", () => {
  test.each(REFUSED)("$file: $failure", async ({ file, failure }) => {
    await expect(read(file)).rejects.toMatchObject({ failure });
  });
});

test("the same bytes give the same pages", async () => {
  for (const file of ["handbook.docx", "prices.xlsx", "paper.pdf"])
    expect(await read(file)).toEqual(first.get(file) ?? (await read(file)));
});
