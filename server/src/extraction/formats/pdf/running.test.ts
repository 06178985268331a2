import { describe, expect, test } from "vitest";
import { type PageContent, pdfFile, type Words } from "../../suite/pdf-file.ts";
import { readingOfFiles } from "../../suite/reading-files.ts";

const { read } = readingOfFiles({ here: true });

const sentence = "The apples that were stored in straw kept longer than all others";
const prose = (mark: string): Words[] =>
  Array.from({ length: 20 }, (_, at) => ({ x: 72, y: 740 - at * 12, text: `${mark}${at} ${sentence}` }));
const pagesOf = (count: number, page: (at: number) => PageContent) =>
  pdfFile(Array.from({ length: count }, (_, at) => page(at)));

describe("what runs over the pages of a PDF", () => {
  test("is said once, and numbers of pages never", async () => {
    const bytes = pagesOf(5, (at) => [
      { x: 72, y: 800, text: at % 2 === 0 ? "Storing apples" : "A. Writer" },
      ...prose(`p${at}-`),
      { x: 290, y: 40, text: `- ${at + 7} -` },
    ]);
    const { pages, text } = await read(bytes, "apples.pdf");
    expect(pages.map(({ content }) => content.split("\n\n")[0]?.slice(0, 14))).toEqual([
      "Storing apples",
      "A. Writer",
      "p2-0 The apple",
      "p3-0 The apple",
      "p4-0 The apple",
    ]);
    expect(text).not.toMatch(/- \d+ -/);
  });

  test("leaves a heading on each page, and the header of a table that goes on", async () => {
    const rows = (at: number): Words[] =>
      [
        ["Variety", "Weight"],
        ...Array.from({ length: 12 }, (_, row) => [`Sort ${at}-${row}`, `${at * 100 + row}`]),
      ].flatMap((row, line) => row.map((text, cell) => ({ x: 72 + cell * 150, y: 760 - line * 14, text })));
    const bytes = pagesOf(4, (at) =>
      at % 2 === 0 ? [{ x: 72, y: 800, text: `Chapter ${at}`, size: 18 }, ...prose(`p${at}-`)] : rows(at),
    );
    const { pages } = await read(bytes, "chapters.pdf");
    expect(pages[2]?.content).toMatch(/^# Chapter 2\n/);
    expect(pages[3]?.content).toMatch(/^\| Variety \| Weight \|\n/);
  });

  test("is the same for a reading that begins in the middle", async () => {
    const bytes = pagesOf(6, (at) => [{ x: 72, y: 800, text: "Storing apples" }, ...prose(`p${at}-`)]);
    const whole = await read(bytes, "apples.pdf");
    expect((await read(bytes, "apples.pdf", { from: 3 })).pages).toEqual(whole.pages.slice(3));
  });
});
