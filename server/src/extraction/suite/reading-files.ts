/** Files for tests, made on the spot, and what comes of reading them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { FileFacts, Page } from "../extraction.ts";
import { ProcessExtraction } from "../process-extraction.ts";

type Options = ConstructorParameters<typeof ProcessExtraction>[0];
type Read = { facts: FileFacts; pages: Page[]; text: string; warnings: readonly { code: string }[] };

/** Its extractions and files are gone after the tests of the file that calls this. */
export function readingOfFiles() {
  const folder = mkdtempSync(join(tmpdir(), "waybill-reading-"));
  const extractions: ProcessExtraction[] = [];
  let files = 0;
  afterAll(async () => {
    for (const extraction of extractions) await extraction.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const extractionWith = (options: Options) => {
    const extraction = new ProcessExtraction(options);
    extractions.push(extraction);
    return extraction;
  };
  const usual = extractionWith({});
  const written = (content: string | Uint8Array, filename: string, mediaType: string | null = null) => {
    const path = join(folder, String(++files));
    writeFileSync(path, content);
    return { path, filename, mediaType };
  };
  /** Of the pages from `from` on. */
  const read = async (
    content: string | Uint8Array,
    filename: string,
    { mediaType = null, recognize = false, from = 0, extraction = usual }: ReadOptions = {},
  ): Promise<Read> => {
    const signal = new AbortController().signal;
    const reading = await extraction.open(written(content, filename, mediaType), { recognize, signal });
    try {
      const pages = await collected(reading.pages(from));
      const text = pages.map((page) => page.content).join("\n\n");
      return { facts: reading.facts, pages, text, warnings: reading.warnings() };
    } finally {
      await reading.close();
    }
  };
  return { folder, written, read, extraction: usual, extractionWith };
}

type ReadOptions = {
  mediaType?: string | null;
  recognize?: boolean;
  from?: number;
  extraction?: ProcessExtraction;
};

export async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
