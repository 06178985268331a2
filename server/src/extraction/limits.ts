/**
 * Every bound on reading one file, by name and unit. The parent hands them to the process that reads, so that a test can
 * hand in smaller ones.
 */
export const LIMITS = {
  /** Of work of the process on one file. What it waits for (a reader that is slow to take pages) does not count. */
  readMs: 120_000,
  /**
   * Of the processor, for the text of all pages of a PDF: so much for any file, and more for each megabyte of it. Honest
   * ones take 2,500 ms a megabyte; one of a few bytes that unpack to much, again on every page, takes what it is given.
   */
  pdfWorkMs: 5_000,
  pdfWorkMsPerMb: 20_000,
  /** Of the processor, to recognize the text of one page: a busy machine changes no result. It does not count as `readMs`. */
  recognizeMs: 20_000,
  /** From the fork to the first word of a process. */
  startMs: 30_000,
  /** What a process may take beyond the bytes of the file itself. */
  memoryBytes: 700 * 1024 * 1024,
  heapMb: 512,
  /** Pages, slides, sheets and images of a file that is paged. */
  pages: 5_000,
  /** Of one page. What is longer is cut, and a warning says so. */
  pageCharacters: 8_000_000,
  /** Of all pages together. */
  textCharacters: 50_000_000,
  /** Of a section, about: a table's row and a heading's first sentence are not cut. */
  sectionCharacters: 4_000,
  /** Title, author, each property and each heading of an outline. */
  factCharacters: 2_000,
  /** Properties, and headings of an outline. */
  facts: 10_000,
  warnings: 100,
  /** Of a table, a sheet or all sheets together. */
  cells: 5_000_000,
  zipEntries: 10_000,
  /** What comes out of all entries together that are read. */
  unpackedBytes: 1024 * 1024 * 1024,
  /** What comes out of one entry, beside what it takes inside the archive. */
  unpackedRatio: 200,
  /** One entry: it is held in memory. */
  entryBytes: 256 * 1024 * 1024,
  xmlDepth: 256,
  xmlNodes: 5_000_000,
  /** Levels of a JSON text. */
  jsonDepth: 256,
  /** Of one picture. */
  pixels: 100_000_000,
};

export type Limits = Record<keyof typeof LIMITS, number>;
