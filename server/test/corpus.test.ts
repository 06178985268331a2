/** Real files of real programs, read as the server reads them: each in a process of its own. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { ProcessExtraction } from "../src/extraction/process-extraction.ts";
import { collected } from "../src/extraction/suite/reading-files.ts";
import { EXPECTED, REFUSED } from "./corpus/expected.ts";
import { foundOf } from "./corpus/recall.ts";

const FOLDER = fileURLToPath(new URL("corpus/fixtures", import.meta.url));

const extraction = new ProcessExtraction({ processes: 1 });
afterAll(() => extraction.close());

/** What the cases below have read, by file. */
const first = new Map<string, unknown>();

async function read(file: string) {
  const reading = await extraction.open(
    { path: join(FOLDER, file), filename: file, mediaType: null },
    { recognize: true, signal: new AbortController().signal },
  );
  try {
    return { facts: reading.facts, pages: await collected(reading.pages(0)) };
  } finally {
    await reading.close();
  }
}

describe("what a file says comes out", () => {
  test.each(EXPECTED)("$file", async (expected) => {
    const { facts, pages } = await read(expected.file);
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
