/**
 * Files for tests, made on the spot, and what comes of reading them: where formats are the point, in this process, by the same
 * two ends; that each format is read by a process that may only read is held by the corpus.
 */
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { ExtractionError, FileFacts, FileToRead, Page } from "../extraction.ts";
import { LIMITS } from "../limits.ts";
import { type FromReader, fromReader, type ToReader } from "../messages.ts";
import { ProcessExtraction } from "../process-extraction.ts";
import { ProcessReading, type ReaderLine } from "../process-reading.ts";
import { Reader } from "../reader.ts";

type Options = ConstructorParameters<typeof ProcessExtraction>[0];
type Read = { facts: FileFacts; pages: Page[]; text: string; warnings: readonly { code: string }[] };

/** Its extractions and files are gone after the tests of the file that calls this. */
export function readingOfFiles({ here = false }: { here?: boolean } = {}) {
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
    { mediaType = null, recognize = false, from = 0, extraction = usual, tenant = "acme" }: ReadOptions = {},
  ): Promise<Read> => {
    const signal = new AbortController().signal;
    const file = written(content, filename, mediaType);
    const isHere = here && !recognize && extraction === usual && content.length > 0;
    const reading = await (isHere ? openHere(file, signal) : extraction.open(file, { tenant, recognize, signal }));
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
  tenant?: string;
};

/** Of a file without pictures to read. */
export async function openHere(file: FileToRead, signal: AbortSignal): Promise<ProcessReading> {
  const reading = new ProcessReading(new ReaderHere(), LIMITS, signal);
  await reading.open({ ...file, recognize: false }, statSync(file.path).size);
  return reading;
}

/** What it says comes as it would from a process. */
class ReaderHere implements ReaderLine {
  readonly #reader = new Reader((message) => this.#listener(fromReader.parse(JSON.parse(JSON.stringify(message)))));
  readonly #whenEnded = Promise.withResolvers<ExtractionError>();
  #listener: (message: FromReader) => void = () => {};

  get ended(): Promise<ExtractionError> {
    return this.#whenEnded.promise;
  }

  async begin(listener: (message: FromReader) => void): Promise<void> {
    this.#listener = listener;
  }

  send(message: ToReader): void {
    void this.#reader.hear(message);
  }

  end(reason: ExtractionError): void {
    this.#listener = () => {};
    this.#whenEnded.resolve(reason);
  }
}

export async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
