import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { type PageContent, pdfFile, pdfOf, stream } from "../suite/pdf-file.ts";
import { PATIENCE_MS, readingOfFiles } from "../suite/reading-files.ts";
import { Pdf } from "./pdf/pdfium.ts";

const { read, written } = readingOfFiles();

const ENGLISH = ["The apples that were stored in straw", "kept longer than all the others."];
const GERMAN = ["Die Äpfel wurden im kühlen Keller gelagert", "und blieben über den Winter frisch."];

/** Lines of text as a scanner sees them. */
async function scanned(lines: readonly string[], turnedBy = 0) {
  const page: PageContent = lines.map((text, at) => ({ x: 60, y: 780 - at * 30, text, size: 20 }));
  const bytes = pdfFile([page]);
  const pdf = await Pdf.open({ ...written(bytes, "page.pdf"), size: bytes.length });
  const { width, height, gray } = pdf.page(0, (drawn) => drawn.picture(150, 10_000_000));
  const top = sharp(gray, { raw: { width, height, channels: 1 } }).extract({ left: 0, top: 0, width, height: 260 });
  return sharp(await top.png().toBuffer()).rotate(turnedBy);
}

describe("a picture", { timeout: PATIENCE_MS }, () => {
  test("is read in English and in German, in each of its formats", async () => {
    const english = await scanned(ENGLISH);
    const german = await scanned(GERMAN);
    const png = await read(await english.png().toBuffer(), "scan.png", { recognize: true });
    expect(png.facts).toMatchObject({ fileType: "png", mediaType: "image/png", paged: true, pageCount: 1 });
    expect(png.pages).toEqual([{ index: 0, name: null, content: ENGLISH.join("\n"), recognized: true }]);
    const jpeg = await read(await german.jpeg().toBuffer(), "scan.jpg", { recognize: true });
    expect(jpeg.text.replaceAll("\n", " ")).toBe(GERMAN.join(" "));
    const webp = await read(await english.webp().toBuffer(), "scan.webp", { recognize: true });
    expect(webp.facts.mediaType).toBe("image/webp");
    expect(webp.text).toBe(png.text);
  });

  test("that lies on its side or on its head is turned until it reads", async () => {
    for (const degrees of [90, 180]) {
      const { text } = await read(await (await scanned(ENGLISH, degrees)).png().toBuffer(), "turned.png", {
        recognize: true,
      });
      expect(text.replaceAll("\n", " ")).toBe(ENGLISH.join(" "));
    }
  });

  test("without text, or not to be recognized, is an empty document; a cut one is invalid", async () => {
    const blank = await sharp({ create: { width: 400, height: 300, channels: 3, background: "white" } })
      .png()
      .toBuffer();
    await expect(read(blank, "blank.png", { recognize: true })).rejects.toMatchObject({ failure: "empty_document" });
    const scan = await (await scanned(ENGLISH)).png().toBuffer();
    await expect(read(scan, "scan.png")).rejects.toMatchObject({ failure: "empty_document" });
    const cut = scan.subarray(0, scan.length / 2);
    await expect(read(cut, "cut.png", { recognize: true })).rejects.toMatchObject({ failure: "invalid_file" });
  });

  test("on a page of a PDF is read when it is asked for", async () => {
    const scan = await scanned(ENGLISH);
    const { width = 0, height = 0 } = await sharp(await scan.png().toBuffer()).metadata();
    const jpeg = await scan.jpeg().toBuffer();
    const bytes = pdfOf([
      "<< /Type /Catalog /Pages 2 0 R >>",
      "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${width / 2} ${height / 2}] /Contents 4 0 R /Resources << /XObject << /S 5 0 R >> >> >>`,
      stream(Buffer.from(`q ${width / 2} 0 0 ${height / 2} 0 0 cm /S Do Q`)),
      stream(
        jpeg,
        0,
        ` /Type /XObject /Subtype /Image /Width ${width} /Height ${height} /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode`,
      ),
    ]);
    const { pages } = await read(bytes, "scan.pdf", { recognize: true });
    expect(pages[0]).toMatchObject({ recognized: true, content: ENGLISH.join("\n") });
    await expect(read(bytes, "scan.pdf")).rejects.toMatchObject({ failure: "empty_document" });
  });
});
