import { readFileSync } from "node:fs";
import { deflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type GrayPicture, mirrored, scaled, turned } from "../gray-picture.ts";
import { headerOf, stillOf } from "../picture-header.ts";
import { type PageContent, pdfFile, pdfOf, stream } from "../suite/pdf-file.ts";
import { pngFile } from "../suite/png-file.ts";
import { readingOfFiles } from "../suite/reading-files.ts";
import { withFirstPage } from "../tiff.ts";
import { Pdf } from "./pdf/pdfium.ts";

const { read, written } = readingOfFiles();

const ENGLISH = ["The apples that were stored in straw", "kept longer than all the others."];

const fixture = (name: string) => readFileSync(new URL(`../../../test/corpus/fixtures/${name}`, import.meta.url));

/** Lines of text as a scanner sees them. */
async function scanned(lines: readonly string[]): Promise<GrayPicture> {
  const page: PageContent = lines.map((text, at) => ({ x: 60, y: 780 - at * 30, text, size: 20 }));
  const bytes = pdfFile([page]);
  const pdf = await Pdf.open({ ...written(bytes, "page.pdf"), size: bytes.length });
  const { width, gray } = pdf.page(0, (drawn) => drawn.picture(150, 10_000_000));
  return { width, height: 260, gray: gray.subarray(0, width * 260) };
}

function sized(end: "LE" | "BE", length: number): Buffer {
  const bytes = Buffer.alloc(4);
  if (end === "LE") bytes.writeUInt32LE(length);
  else bytes.writeUInt32BE(length);
  return bytes;
}

function webpChunk(name: string, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from(name), sized("LE", content.length), content, Buffer.alloc(content.length % 2)]);
}

function webp(...chunks: Buffer[]): Buffer {
  const content = Buffer.concat([Buffer.from("WEBP"), ...chunks]);
  return Buffer.concat([Buffer.from("RIFF"), sized("LE", content.length), content]);
}

type TiffParts = { end: "LE" | "BE"; bits: 32 | 64; pages: { width: number; packing: number }[] };

/** Directories alone, 20 dots high. */
function tiffFile({ end, bits, pages }: TiffParts): Buffer {
  const number = (value: number, bytes: number) => {
    const written = Buffer.alloc(bytes);
    if (end === "LE") written.writeUIntLE(value, 0, Math.min(bytes, 6));
    else written.writeUIntBE(value, Math.max(0, bytes - 6), Math.min(bytes, 6));
    return written;
  };
  const place = bits / 8;
  const entry = (tag: number, value: number) => {
    const short = Buffer.concat([number(value, 2), Buffer.alloc(place - 2)]);
    return Buffer.concat([number(tag, 2), number(3, 2), number(1, place), short]);
  };
  const head = [Buffer.from(end === "LE" ? "II" : "MM"), number(bits === 32 ? 42 : 43, 2)];
  if (bits === 64) head.push(number(8, 2), number(0, 2));
  let file = Buffer.concat([...head, number(2 * place, place)]);
  for (const [at, { width, packing }] of pages.entries()) {
    const entries = [entry(256, width), entry(257, 20), entry(259, packing)];
    const directory = Buffer.concat([number(entries.length, bits === 32 ? 2 : 8), ...entries]);
    const next = at + 1 < pages.length ? file.length + directory.length + place : 0;
    file = Buffer.concat([file, directory, number(next, place)]);
  }
  return file;
}

describe("a picture", () => {
  test("is read, word by word", async () => {
    const png = await read(pngFile(await scanned(ENGLISH)), "scan.png", { recognize: true });
    expect(png.facts).toMatchObject({ fileType: "png", mediaType: "image/png", paged: true, pageCount: 1 });
    expect(png.pages).toEqual([{ index: 0, name: null, content: ENGLISH.join("\n"), recognized: true }]);
  });

  test("says its size, how it was held and where its pages are before it is decoded", () => {
    expect(headerOf(fixture("notice-de.webp"), 9)).toEqual({ width: 1275, height: 827, held: 1, pages: [] });
    expect(headerOf(fixture("fax.tiff"), 9)?.pages).toHaveLength(2);
    const jpeg = fixture("turned-en.jpg");
    const exif = Buffer.from(
      `ffe10022${"457869660000"}${"49492a0008000000"}${"0100"}${"120103000100000006000000"}${"00000000"}`,
      "hex",
    );
    const held = Buffer.concat([jpeg.subarray(0, 2), exif, jpeg.subarray(2)]);
    expect(headerOf(jpeg, 9)).toMatchObject({ width: 953, height: 1281, held: 1 });
    expect(headerOf(held, 9)).toMatchObject({ width: 953, height: 1281, held: 6 });
    for (let length = 0; length < 100; length++) expect(() => headerOf(held.subarray(0, length), 9)).not.toThrow();
    const note = exif.subarray(10);
    const png = pngFile({ width: 4, height: 3, gray: new Uint8Array(12) });
    const noted = Buffer.concat([
      png.subarray(0, 33),
      sized("BE", note.length),
      Buffer.from("eXIf"),
      note,
      sized("BE", 0),
    ]);
    expect(headerOf(Buffer.concat([noted, png.subarray(33)]), 9)).toMatchObject({ width: 4, height: 3, held: 6 });
    const still = fixture("notice-de.webp").subarray(12);
    const canvas = webpChunk("VP8X", Buffer.from("08000000fa0400320300", "hex"));
    const turned = webp(canvas, still, webpChunk("EXIF", exif.subarray(4)));
    expect(headerOf(turned, 9)).toMatchObject({ width: 1275, height: 819, held: 6 });
  });

  test("that moves is read by its first picture", () => {
    const still = fixture("notice-de.webp");
    const canvas = webpChunk("VP8X", Buffer.from("02000000fa0400320300", "hex"));
    const frame = webpChunk("ANMF", Buffer.concat([Buffer.alloc(16), still.subarray(12)]));
    expect(stillOf(webp(canvas, webpChunk("ANIM", Buffer.alloc(6)), frame, frame))).toEqual(still);
    expect(stillOf(still)).toBe(still);
  });

  test("of a TIFF is found with places of 32 and of 64 bits; one that is packed in another way is refused by its name", async () => {
    for (const bits of [32, 64] as const)
      for (const end of ["LE", "BE"] as const) {
        const tiff = tiffFile({
          end,
          bits,
          pages: [
            { width: 30, packing: 5 },
            { width: 40, packing: 5 },
          ],
        });
        expect(headerOf(tiff, 9)).toMatchObject({ width: 30, height: 20, pages: [{ width: 30 }, { width: 40 }] });
        const [, second] = headerOf(tiff, 9)?.pages ?? [];
        expect(headerOf(withFirstPage(tiff, second?.at ?? 0), 9)).toMatchObject({ width: 40 });
        expect(() => headerOf(tiff.subarray(0, 40), 9)).not.toThrow();
      }
    const deflated = tiffFile({ end: "LE", bits: 32, pages: [{ width: 30, packing: 8 }] });
    await expect(read(deflated, "scan.tiff")).rejects.toMatchObject({
      failure: "unsupported_file",
      message: expect.stringContaining("Deflate"),
    });
  });

  // On its side: `turned-en.jpg` of the corpus.
  test("that lies on its head is turned until it reads", async () => {
    const { text } = await read(pngFile(turned(await scanned(ENGLISH), 2)), "turned.png", { recognize: true });
    expect(text.replaceAll("\n", " ")).toBe(ENGLISH.join(" "));
  });

  test("that is turned four times or mirrored twice is what it was, and keeps its shade when it is made larger", () => {
    const picture = { width: 3, height: 2, gray: Uint8Array.of(1, 2, 3, 4, 5, 6) };
    expect(turned(picture, 1)).toEqual({ width: 2, height: 3, gray: Uint8Array.of(4, 1, 5, 2, 6, 3) });
    expect(turned(picture, 4)).toEqual(picture);
    expect(mirrored(mirrored(picture))).toEqual(picture);
    const even = { width: 5, height: 4, gray: new Uint8Array(20).fill(200) };
    for (const scale of [0.5, 2]) expect(new Set(scaled(even, scale).gray)).toEqual(new Set([200]));
    expect(scaled(even, 2)).toMatchObject({ width: 10, height: 8 });
  });

  test("without text, or not to be recognized, is an empty document; a cut one is invalid", async () => {
    const blank = pngFile({ width: 400, height: 300, gray: new Uint8Array(120_000).fill(255) });
    await expect(read(blank, "blank.png", { recognize: true })).rejects.toMatchObject({ failure: "empty_document" });
    const scan = pngFile(await scanned(ENGLISH));
    await expect(read(scan, "scan.png")).rejects.toMatchObject({ failure: "empty_document" });
    const cut = scan.subarray(0, scan.length / 2);
    await expect(read(cut, "cut.png", { recognize: true })).rejects.toMatchObject({ failure: "invalid_file" });
  });

  test("with more dots than are read is too large", async () => {
    const bomb = pngFile({ width: 40, height: 30, gray: new Uint8Array(1_200) });
    bomb.writeUInt32BE(100_000, 16);
    bomb.writeUInt32BE(100_000, 20);
    await expect(read(bomb, "bomb.png", { recognize: true })).rejects.toMatchObject({ failure: "too_large" });
  });

  test("on a page of a PDF is read when it is asked for", async () => {
    const { width, height, gray } = await scanned(ENGLISH);
    const bytes = pdfOf([
      "<< /Type /Catalog /Pages 2 0 R >>",
      "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${width / 2} ${height / 2}] /Contents 4 0 R /Resources << /XObject << /S 5 0 R >> >> >>`,
      stream(Buffer.from(`q ${width / 2} 0 0 ${height / 2} 0 0 cm /S Do Q`)),
      stream(
        deflateSync(gray),
        0,
        ` /Type /XObject /Subtype /Image /Width ${width} /Height ${height} /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /FlateDecode`,
      ),
    ]);
    const { pages } = await read(bytes, "scan.pdf", { recognize: true });
    expect(pages[0]).toMatchObject({ recognized: true, content: ENGLISH.join("\n") });
    await expect(read(bytes, "scan.pdf")).rejects.toMatchObject({ failure: "empty_document" });
  });
});
