/** The formats that are read: what each is called outside, and who reads it. A reader is loaded when the first file of it comes. */
import type { FormatReader } from "./format.ts";

export type Format = {
  mediaType: string;
  reader: () => Promise<FormatReader>;
};

const picture = async () => (await import("./picture.ts")).readPicture;

/** By the names that `sniff` gives. */
export const FORMATS: Readonly<Record<string, Format>> = {
  csv: { mediaType: "text/csv", reader: async () => (await import("./csv.ts")).readCsv },
  doc: { mediaType: "application/msword", reader: async () => (await import("./word/doc.ts")).readDoc },
  docx: {
    mediaType: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    reader: async () => (await import("./docx/docx.ts")).readDocx,
  },
  eml: { mediaType: "message/rfc822", reader: async () => (await import("./mail/eml.ts")).readEml },
  epub: { mediaType: "application/epub+zip", reader: async () => (await import("./epub/epub.ts")).readEpub },
  html: { mediaType: "text/html", reader: async () => (await import("./html/html.ts")).readHtml },
  jpeg: { mediaType: "image/jpeg", reader: picture },
  json: { mediaType: "application/json", reader: async () => (await import("./json.ts")).readJson },
  markdown: { mediaType: "text/markdown", reader: async () => (await import("./markdown.ts")).readMarkdown },
  msg: { mediaType: "application/vnd.ms-outlook", reader: async () => (await import("./mail/msg.ts")).readMsg },
  odp: {
    mediaType: "application/vnd.oasis.opendocument.presentation",
    reader: async () => (await import("./odf/odp.ts")).readOdp,
  },
  ods: {
    mediaType: "application/vnd.oasis.opendocument.spreadsheet",
    reader: async () => (await import("./odf/ods.ts")).readOds,
  },
  odt: {
    mediaType: "application/vnd.oasis.opendocument.text",
    reader: async () => (await import("./odf/odt.ts")).readOdt,
  },
  pdf: { mediaType: "application/pdf", reader: async () => (await import("./pdf.ts")).readPdf },
  png: { mediaType: "image/png", reader: picture },
  pptx: {
    mediaType: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    reader: async () => (await import("./pptx/pptx.ts")).readPptx,
  },
  rtf: { mediaType: "application/rtf", reader: async () => (await import("./rtf/rtf.ts")).readRtf },
  text: { mediaType: "text/plain", reader: async () => (await import("./text.ts")).readText },
  tiff: { mediaType: "image/tiff", reader: picture },
  tsv: { mediaType: "text/tab-separated-values", reader: async () => (await import("./csv.ts")).readCsv },
  webp: { mediaType: "image/webp", reader: picture },
  xls: {
    mediaType: "application/vnd.ms-excel",
    reader: async () => (await import("./sheets/xls.ts")).readWorkbookFile,
  },
  xlsx: {
    mediaType: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    reader: async () => (await import("./sheets/xlsx.ts")).readXlsx,
  },
};
