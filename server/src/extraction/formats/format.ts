/**
 * What reads one format. It runs in a process of its own, where it may take its time, fail and even crash; the file is
 * hostile. A reader is handed the file and a desk, and answers with what it knows at once and a way to its pages.
 */
import type { FileFacts, Page } from "../extraction.ts";
import type { Limits } from "../limits.ts";
import type { Recognizer } from "../recognizer.ts";

export type Source = {
  /** Where its bytes lie. */
  path: string;
  size: number;
  /** As the caller named it; a hint alone. */
  filename: string;
};

/** What a reader has beside the file. */
export type Desk = {
  limits: Limits;
  /** Read the text of pictures too. */
  recognize: boolean;
  /** Loaded when it is first asked for. */
  recognizer(): Promise<Recognizer>;
  /** Something that did not stop the reading. The same warning is kept once. */
  warn(code: string, message: string): void;
};

export type FormatFacts = Omit<FileFacts, "fileType" | "mediaType">;

export type FormatReading = {
  facts: FormatFacts;
  /**
   * From this index on, in order, the last of them with the index `pageCount - 1`. What came before is not read again
   * where the format allows it.
   */
  pages(from: number): Iterable<Page> | AsyncIterable<Page>;
};

/** Throws `ExtractionError`; whatever else it throws is told as `invalid_file`, since parsers throw on damaged files. */
export type FormatReader = (source: Source, desk: Desk) => FormatReading | Promise<FormatReading>;

/** What is the same in most formats. */
export const NO_FACTS: FormatFacts = {
  encoding: null,
  paged: false,
  pageCount: 0,
  title: null,
  author: null,
  properties: {},
  outline: [],
};
