/**
 * Every bound on reading one file, by name and unit. The parent hands them to the process that reads, so that a test can
 * hand in smaller ones.
 */
import { z } from "zod";

export const limits = z.strictObject({
  /** Of work of the process on one file. What it waits for (a reader that is slow to take pages) does not count. */
  readMs: z.number().default(120_000),
  /** Of the processor, to recognize the text of one page: a busy machine changes no result. It does not count as `readMs`. */
  recognizeMs: z.number().default(20_000),
  /** From the fork to the first word of a process. */
  startMs: z.number().default(30_000),
  /** What a process may take beyond the bytes of the file itself. */
  memoryBytes: z.number().default(700 * 1024 * 1024),
  heapMb: z.number().default(512),
  /** Pages, slides, sheets and images of a file that is paged. */
  pages: z.number().default(5_000),
  /** Of one page. What is longer is cut, and a warning says so. */
  pageCharacters: z.number().default(8_000_000),
  /** Of all pages together. */
  textCharacters: z.number().default(50_000_000),
  /** Of a section, about: a table's row and a heading's first sentence are not cut. */
  sectionCharacters: z.number().default(4_000),
  /** Title, author, each property and each heading of an outline. */
  factCharacters: z.number().default(2_000),
  /** Properties, and headings of an outline. */
  facts: z.number().default(10_000),
  warnings: z.number().default(100),
  /** Of a table, a sheet or all sheets together. */
  cells: z.number().default(5_000_000),
  zipEntries: z.number().default(10_000),
  /** What comes out of all entries together that are read. */
  unpackedBytes: z.number().default(1024 * 1024 * 1024),
  /** What comes out of one entry, beside what it takes inside the archive. */
  unpackedRatio: z.number().default(200),
  /** One entry: it is held in memory. */
  entryBytes: z.number().default(256 * 1024 * 1024),
  xmlDepth: z.number().default(256),
  xmlNodes: z.number().default(5_000_000),
  /** Levels of a JSON text. */
  jsonDepth: z.number().default(256),
  /** Of one picture. */
  pixels: z.number().default(100_000_000),
});

export type Limits = z.infer<typeof limits>;

export const LIMITS: Limits = limits.parse({});
