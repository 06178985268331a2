/**
 * Reads a file and stores its pages as they come, so that after a crash on page 180 of 200 it goes on at page 181: the stored pages are
 * the journal of this step.
 */
import type { FileFacts, Reading } from "../../extraction/extraction.ts";
import type { DocumentPage } from "../../task/documents/document.ts";
import type { StepContext } from "../../task/handler.ts";
import { knownDocument } from "./known-document.ts";
import type { DocumentParts } from "./parts.ts";
import { asStepFailure, StepFailure } from "./step-failure.ts";

export type ReadFacts = FileFacts & { warnings: { code: string; message: string }[] };

/** Pages wait so long, or until there are so many characters of them, to be written together. */
const KEEP_AFTER_MS = 250;
const KEEP_CHARACTERS = 256 << 10;
/** Entries of a file's own outline, in the journal. */
const OUTLINE_MAX = 500;
const PROPERTIES_MAX = 100;
const PROPERTY_CHARACTERS_MAX = 1_000;
const WARNINGS_MAX = 20;
/** Characters by which the language is told, and whether there is any text. */
const SAMPLE_CHARACTERS = 20_000;

/** Throws `StepFailure` with the code of an unreadable file. `share`: of the task's progress. */
export async function readPages(
  step: StepContext,
  parts: DocumentParts,
  { key, recognize, share }: { key: string; recognize: boolean; share: number },
): Promise<ReadFacts> {
  const { tenant, sha256, filename, mediaType } = await knownDocument(parts.documents, key);
  if (sha256 === null) throw new StepFailure("invalid_file", "Its bytes never came.");
  const from = await parts.documents.pageCount(key);
  const file = await parts.files.local(sha256);
  let reading: Reading | undefined;
  try {
    reading = await parts.extraction.open(
      { path: file.path, filename, mediaType },
      { tenant, recognize, signal: step.signal },
    );
    const { facts } = reading;
    await keepPages(step, parts, { key, reading, from, share });
    return bounded(facts, reading);
  } catch (error) {
    if (step.signal.aborted) throw error;
    throw asStepFailure(error);
  } finally {
    await reading?.close();
    await file.release();
  }
}

async function keepPages(
  step: StepContext,
  { documents }: DocumentParts,
  { key, reading, from, share }: { key: string; reading: Reading; from: number; share: number },
): Promise<void> {
  const { pageCount } = reading.facts;
  let batch: DocumentPage[] = [];
  let characters = 0;
  let since = performance.now();
  const keep = async () => {
    const last = batch.at(-1);
    if (!last) return;
    await documents.putPages(key, batch);
    batch = [];
    characters = 0;
    since = performance.now();
    const read = last.index + 1;
    step.progress(share * Math.min(1, read / Math.max(1, pageCount)), `page ${read} of ${Math.max(read, pageCount)}`);
  };
  step.details({ phase: "reading", page_count: pageCount });
  for await (const page of reading.pages(from)) {
    batch.push(page);
    characters += page.content.length;
    if (characters >= KEEP_CHARACTERS || performance.now() - since >= KEEP_AFTER_MS) await keep();
  }
  await keep();
}

/** The beginning of the text, and whether there is any. Throws `StepFailure` for a document without text. */
export async function sampleOf(parts: DocumentParts, key: string): Promise<string> {
  let sample = "";
  for await (const { content } of pagesOf(parts, key)) {
    sample += `${content}\n\n`;
    if (sample.trim().length >= SAMPLE_CHARACTERS) break;
  }
  if (!/[\p{L}\p{N}]/u.test(sample)) throw new StepFailure("empty_document", "It has no text that could be read.");
  return sample.trim().slice(0, SAMPLE_CHARACTERS);
}

/** All pages in order, a bounded number of them in memory at a time. */
export async function* pagesOf(parts: DocumentParts, key: string): AsyncIterable<DocumentPage> {
  for await (const pages of slicesOf(parts, key)) yield* pages;
}

/** All pages in order, in slices small enough to be passed to another process without holding this thread up. */
export async function* slicesOf({ documents }: DocumentParts, key: string): AsyncIterable<DocumentPage[]> {
  for (let from = 0; ; ) {
    const pages = await documents.pages(key, from, PAGES_AT_ONCE);
    const last = pages.at(-1);
    if (!last) return;
    yield pages;
    from = last.index + 1;
  }
}

const PAGES_AT_ONCE = 100;

function bounded({ outline, properties, ...facts }: FileFacts, reading: Reading): ReadFacts {
  return {
    ...facts,
    title: facts.title?.slice(0, PROPERTY_CHARACTERS_MAX) ?? null,
    author: facts.author?.slice(0, PROPERTY_CHARACTERS_MAX) ?? null,
    outline: outline.slice(0, OUTLINE_MAX),
    properties: Object.fromEntries(
      Object.entries(properties)
        .slice(0, PROPERTIES_MAX)
        .map(([name, text]) => [name.slice(0, PROPERTY_CHARACTERS_MAX), text.slice(0, PROPERTY_CHARACTERS_MAX)]),
    ),
    warnings: reading
      .warnings()
      .slice(0, WARNINGS_MAX)
      .map(({ code, message }) => ({ code, message })),
  };
}
