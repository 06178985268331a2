/** Files that were made to do harm. Each ends by a bound of its own, long before its time is up, and harms nobody else. */
import { fork } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { crc32, deflateSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { type PageContent, pdfFile, pdfOf, stream } from "./suite/pdf-file.ts";
import { zipFile } from "./suite/zip-file.ts";

const GROWN_BYTES_MAX = 100 * 1024 * 1024;

const report = z.object({ outcomes: z.record(z.string(), z.string()), grownBytes: z.number() });
type Report = z.infer<typeof report>;

type Hostile = { filename: string; content: () => string | Buffer; ends: string[] };

const page: PageContent = [{ x: 72, y: 700, text: "A page of an honest document, with some text in it." }];
const honest = pdfFile([page, page, page]);
const document = (content: string | Buffer, more: { name: string; content: string | Buffer }[] = []) =>
  zipFile([{ name: "[Content_Types].xml", content: "<Types/>" }, { name: "word/document.xml", content }, ...more]);
const body = (text: string) =>
  `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>${text}</w:t></w:r></w:p></w:body></w:document>`;
const entities = Array.from({ length: 30 }, (_, at) => `<!ENTITY e${at + 1} "${`&e${at};`.repeat(10)}">`).join("");
const cuts = [1, 9, 40, 200, 500, honest.length - 40, honest.length - 8];

const FILES: readonly Hostile[] = [
  { filename: "bomb.docx", content: () => document(Buffer.alloc(64 * 1024 * 1024, " ")), ends: ["too_large"] },
  {
    filename: "nested.docx",
    content: () => {
      const inner = zipFile([{ name: "bomb", content: Buffer.alloc(32 * 1024 * 1024) }]);
      return document(body("Fine."), [{ name: "word/embeddings/inner.zip", content: inner }]);
    },
    ends: ["read"],
  },
  {
    filename: "archive.zip",
    content: () => zipFile([{ name: "a.txt", content: "A text." }]),
    ends: ["unsupported_file"],
  },
  {
    filename: "names.docx",
    content: () =>
      document(body("Fine."), [
        { name: "../../escaped.txt", content: "x" },
        { name: "nul\0.xml", content: "x" },
      ]),
    ends: ["read"],
  },
  {
    filename: "entities.docx",
    content: () => document(`<!DOCTYPE d [<!ENTITY e0 "lol">${entities}]>${body("&e30;")}`),
    ends: ["invalid_file"],
  },
  { filename: "deep.docx", content: () => document("<w:p>".repeat(200_000)), ends: ["too_large"] },
  {
    filename: "filters.pdf",
    content: () => {
      const bomb = stream(Buffer.alloc(128 * 1024 * 1024, " "), 3);
      return pdfOf([
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R >>",
        bomb,
      ]);
    },
    // PDFium unpacks at most so much of a stream, and finds nothing in it.
    ends: ["too_large", "empty_document"],
  },
  {
    filename: "pages.pdf",
    content: () =>
      pdfOf([
        "<< /Type /Catalog /Pages 2 0 R >>",
        `<< /Type /Pages /Count 100000 /Kids [${"3 0 R ".repeat(100_000)}] >>`,
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] >>",
      ]),
    ends: ["too_large"],
  },
  {
    filename: "loops.pdf",
    content: () =>
      pdfOf([
        "<< /Type /Catalog /Pages 2 0 R /Outlines 3 0 R >>",
        "<< /Type /Pages /Parent 2 0 R /Count 10 /Kids [2 0 R 2 0 R] >>",
        "<< /Type /Outlines /First 4 0 R /Last 4 0 R >>",
        "<< /Title (Again) /Parent 3 0 R /Next 4 0 R /First 3 0 R >>",
      ]),
    ends: ["invalid_file", "empty_document"],
  },
  {
    filename: "self.pdf",
    content: () =>
      pdfOf([
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Resources << /XObject << /X 4 0 R >> >> >>",
        stream(
          Buffer.from("/X Do /X Do /X Do"),
          1,
          " /Type /XObject /Subtype /Form /BBox [0 0 600 800] /Resources << /XObject << /X 4 0 R >> >>",
        ),
      ]),
    ends: ["empty_document", "invalid_file", "too_large"],
  },
  { filename: "circle.msg", content: endless, ends: ["invalid_file"] },
  {
    filename: "swollen.msg",
    content: () => mailWith(({ mail, stream }) => mail.writeUInt32LE(0x7fffffff, stream + 120)),
    ends: ["invalid_file"],
  },
  {
    filename: "moved.msg",
    content: () => mailWith(({ mail }) => mail.writeUInt32LE(0xffffffff, 76)),
    ends: ["invalid_file"],
  },
  { filename: "picture.png", content: () => picture(60_000, 60_000), ends: ["too_large"] },
  { filename: "cut.png", content: () => picture(300, 200).subarray(0, 60), ends: ["invalid_file", "empty_document"] },
  { filename: "line.csv", content: () => Buffer.alloc(100 * 1024 * 1024, "some cell,"), ends: ["too_large"] },
  { filename: "deep.json", content: () => "[".repeat(100_000) + "]".repeat(100_000), ends: ["too_large"] },
  { filename: "unclosed.json", content: () => "[".repeat(100_000), ends: ["read"] },
  { filename: "portrait.txt", content: () => honest, ends: ["read"] },
  { filename: "letter.pdf", content: () => "It is a letter, and no PDF.", ends: ["read"] },
  { filename: "table.xlsx", content: () => picture(20, 20), ends: ["empty_document", "invalid_file"] },
  { filename: "\u202etxt.exe", content: () => "It is a text.", ends: ["read"] },
  ...cuts.map(
    (at): Hostile => ({
      filename: `cut-${at}.pdf`,
      content: () => honest.subarray(0, at),
      ends: ["read", "invalid_file", "empty_document"],
    }),
  ),
  { filename: "zz-honest.pdf", content: () => honest, ends: ["read"] },
];

type Mail = { mail: Buffer; directory: number; stream: number };

/** A mail of Outlook with one number of its file system changed. `directory` is a sector, `stream` where the entry of one lies. */
function mailWith(change: (mail: Mail) => void): Buffer {
  const mail = readFileSync(new URL("../../test/corpus/fixtures/opening.msg", import.meta.url));
  const directory = mail.readUInt32LE(48);
  let stream = (directory + 1) * 512;
  while (mail[stream + 66] !== 2) stream += 128;
  change({ mail, directory, stream });
  return mail;
}

/** Its directory goes on where it began. */
function endless(): Buffer {
  return mailWith(({ mail, directory }) =>
    mail.writeUInt32LE(directory, (mail.readUInt32LE(76) + 1) * 512 + directory * 4),
  );
}

/** Of which only the header is true. */
function picture(width: number, height: number): Buffer {
  const size = Buffer.alloc(13);
  size.writeUInt32BE(width, 0);
  size.writeUInt32BE(height, 4);
  size.set([8, 0, 0, 0, 0], 8);
  const chunk = (name: string, content: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(content.length);
    const checksum = Buffer.alloc(4);
    checksum.writeUInt32BE(crc32(Buffer.concat([Buffer.from(name), content])));
    return Buffer.concat([length, Buffer.from(name), content, checksum]);
  };
  const mark = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const rows = deflateSync(Buffer.alloc(Math.min(1_000_000, height * (width + 1))));
  return Buffer.concat([mark, chunk("IHDR", size), chunk("IDAT", rows), chunk("IEND", Buffer.alloc(0))]);
}

describe("a hostile file", () => {
  const root = mkdtempSync(join(tmpdir(), "waybill-hostile-"));
  const folder = join(root, "files");
  let said: Report = { outcomes: {}, grownBytes: 0 };

  beforeAll(async () => {
    mkdirSync(folder);
    for (const { filename, content } of FILES) writeFileSync(join(folder, filename), content());
    said = await read(folder);
  });

  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test.each(FILES)("ends by itself: $filename", ({ filename, ends }) => {
    expect(ends).toContain(said.outcomes[filename]);
  });

  test("takes hardly any memory of whoever asks for it", () => {
    expect(said.grownBytes).toBeLessThan(GROWN_BYTES_MAX);
  });

  test("leaves nothing behind", () => {
    expect(readdirSync(root)).toEqual(["files"]);
    expect(readdirSync(folder).sort()).toEqual(FILES.map(({ filename }) => filename).sort());
  });
});

function read(folder: string): Promise<Report> {
  const { promise, resolve, reject } = Promise.withResolvers<Report>();
  const child = fork(fileURLToPath(new URL("suite/read-hostile.ts", import.meta.url)), [folder], { execArgv: [] });
  child.once("message", (message) => resolve(report.parse(message)));
  child.once("exit", () => reject(new Error("The process that asked for the readings broke down.")));
  return promise;
}
