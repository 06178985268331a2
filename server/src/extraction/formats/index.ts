/** The formats that are read: what each is called outside, and who reads it. A reader is loaded when the first file of it comes. */
import type { FormatReader } from "./format.ts";

export type Format = {
  mediaType: string;
  reader: () => Promise<FormatReader>;
};

/** By the names that `sniff` gives. */
export const FORMATS: Readonly<Record<string, Format>> = {
  csv: { mediaType: "text/csv", reader: async () => (await import("./csv.ts")).readCsv },
  json: { mediaType: "application/json", reader: async () => (await import("./json.ts")).readJson },
  markdown: { mediaType: "text/markdown", reader: async () => (await import("./markdown.ts")).readMarkdown },
  text: { mediaType: "text/plain", reader: async () => (await import("./text.ts")).readText },
  tsv: { mediaType: "text/tab-separated-values", reader: async () => (await import("./csv.ts")).readCsv },
};
