import { describe, expect, test } from "vitest";
import { type PageContent, pdfFile, pdfOf, type Words } from "../suite/pdf-file.ts";
import { readingOfFiles } from "../suite/reading-files.ts";

const { read, extractionWith } = readingOfFiles({ here: true });

const sentence = "The apples that were stored in straw kept longer than all others";
/** Lines of text of this width, from the top downwards. */
const column = (x: number, top: number, lines: readonly string[], size = 10): Words[] =>
  lines.map((text, at) => ({ x, y: top - at * size * 1.2, text, size }));
const prose = (mark: string, lines: number, characters = 64) =>
  Array.from({ length: lines }, (_, at) => `${mark}${at} ${sentence}`.slice(0, characters));

describe("a PDF", () => {
  test("headings by their size, paragraphs by their distance, words that were cut at the end of a line", async () => {
    const page: PageContent = [
      { x: 72, y: 770, text: "Storing apples", size: 24 },
      { x: 72, y: 730, text: "What was measured", size: 16 },
      ...column(72, 700, [
        "In three winters the weight of apples was mea-",
        "sured in eleven cellars, each week once.",
      ]),
      ...column(72, 660, ["A second paragraph stands below."]),
    ];
    const { pages, facts } = await read(
      pdfFile([page], { info: { Title: "Apples", Author: "A. Writer", Subject: "Storage" } }),
      "apples.pdf",
    );
    expect(facts).toMatchObject({ fileType: "pdf", paged: true, pageCount: 1, title: "Apples", author: "A. Writer" });
    expect(facts.properties["Subject"]).toBe("Storage");
    expect(pages[0]?.content).toBe(
      [
        "# Storing apples",
        "## What was measured",
        "In three winters the weight of apples was measured in eleven cellars, each week once.",
        "A second paragraph stands below.",
      ].join("\n\n"),
    );
  });

  test("two columns are read one after the other, below what stands over both", async () => {
    const page: PageContent = [
      { x: 60, y: 780, text: "A title that goes over both of the columns of this page", size: 18 },
      ...column(60, 740, prose("L", 20, 46)),
      ...column(315, 740, prose("R", 20, 46)),
    ];
    const { text } = await read(pdfFile([page]), "columns.pdf");
    const order = [...text.matchAll(/\b([LR]\d+)\b/g)].map(([, mark]) => mark);
    const marks = (side: string) => Array.from({ length: 20 }, (_, at) => `${side}${at}`);
    expect(order).toEqual([...marks("L"), ...marks("R")]);
    expect(text).toMatch(/^# A title that goes over both/);
  });

  test("a table keeps its rows", async () => {
    const rows = [
      ["Variety", "Weight", "Loss"],
      ["Boskoop", "212", "11.4"],
      ["Elstar", "168", "14.9"],
    ];
    const page: PageContent = [
      ...column(72, 760, prose("Before", 3)),
      ...rows.flatMap((row, at) => row.map((text, cell) => ({ x: 72 + cell * 120, y: 700 - at * 14, text }))),
      ...column(72, 640, prose("After", 3)),
    ];
    const { text } = await read(pdfFile([page]), "table.pdf");
    expect(text).toContain(
      "| Variety | Weight | Loss |\n| --- | --- | --- |\n| Boskoop | 212 | 11.4 |\n| Elstar | 168 | 14.9 |\n\nAfter0",
    );
  });

  test("a table that is drawn with lines keeps its cells, however close they are", async () => {
    const words: [x: number, y: number, text: string][] = [
      [74, 704, "Region"],
      [112, 704, "Revenue"],
      [162, 704, "Comment"],
      [74, 688, "North"],
      [112, 688, "1,200"],
      [162, 688, "The best one"],
      [162, 676, "since 2012"],
      [74, 656, "South"],
      [112, 656, "900"],
    ];
    const level = [716, 700, 668, 652].map((y) => `72 ${y} 200 0.5 re f`);
    const upright = [72, 110, 160, 271.5].map((x) => `${x} 652 0.5 64 re f`);
    const shown = words.map(([x, y, text]) => `BT /F1 10 Tf ${x} ${y} Td (${text}) Tj ET`);
    const { text } = await read(pdfFile([{ raw: [...level, ...upright, ...shown].join("\n") }]), "drawn.pdf");
    expect(text).toBe(
      "| Region | Revenue | Comment |\n| --- | --- | --- |\n| North | 1,200 | The best one since 2012 |\n| South | 900 |  |",
    );
  });

  test("what a document says of its own outline is told with its pages", async () => {
    const pages = ["One", "Two", "Three"].map((text): PageContent => [{ x: 72, y: 700, text }]);
    const bookmarks = [
      { title: "First", page: 0 },
      { title: "Third (last)", page: 2 },
    ];
    const { facts } = await read(pdfFile(pages, { bookmarks }), "outline.pdf");
    expect(facts.outline).toEqual([
      { title: "First", level: 1, page: 0 },
      { title: "Third (last)", level: 1, page: 2 },
    ]);
  });

  test("a reading goes on in the middle, with the same pages as the whole one", async () => {
    const pages = Array.from(
      { length: 30 },
      (_, at): PageContent => [
        { x: 72, y: 770, text: `Chapter ${at}`, size: 18 },
        ...column(72, 740, prose(`p${at}-`, 20)),
      ],
    );
    const bytes = pdfFile(pages);
    const whole = await read(bytes, "long.pdf");
    expect(whole.pages).toHaveLength(30);
    expect((await read(bytes, "long.pdf", { from: 17 })).pages).toEqual(whole.pages.slice(17));
    expect(await read(bytes, "long.pdf")).toEqual(whole);
  });

  test("one that wants a password is encrypted", async () => {
    const objects = ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Count 0 /Kids [] >>"];
    const key = "a".repeat(32);
    const lock = `/Encrypt << /Filter /Standard /V 1 /R 2 /O (${key}) /U (${key}) /P -4 >> /ID [(${key}) (${key})]`;
    await expect(read(pdfOf(objects, null, ` ${lock}`), "locked.pdf")).rejects.toMatchObject({
      failure: "encrypted_file",
    });
  });

  test("one whose pages take more of the processor than a file of its size may took too long", async () => {
    const idle = extractionWith({ limits: { pdfWorkMs: 0, pdfWorkMsPerMb: 1 } });
    const pages = Array.from({ length: 20 }, (_, at): PageContent => [{ x: 72, y: 700, text: `Page ${at}` }]);
    await expect(read(pdfFile(pages), "a.pdf", { extraction: idle })).rejects.toMatchObject({ failure: "timeout" });
  });

  test("more pages than are read are too many, a damaged file is invalid, an empty page is an empty document", async () => {
    const page: PageContent = [{ x: 72, y: 700, text: "A page." }];
    const few = extractionWith({ limits: { pages: 3 } });
    await expect(read(pdfFile([page, page, page, page]), "long.pdf", { extraction: few })).rejects.toMatchObject({
      failure: "too_large",
    });
    await expect(read("%PDF-1.7\nnothing of it", "broken.pdf")).rejects.toMatchObject({ failure: "invalid_file" });
    await expect(read(pdfFile([[]]), "empty.pdf")).rejects.toMatchObject({ failure: "empty_document" });
  });
});
