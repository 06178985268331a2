/**
 * Reading: what a file says, as pages of Markdown. Whoever reads a file sees only this; parsers run in processes of
 * their own, with limits on memory, time, pages and output, since every file is hostile. Nothing that a file refers to
 * is ever fetched. The same bytes always give the same pages.
 */

/** Why a file cannot be read: the words that begin a task's reason of failure. */
export const EXTRACTION_FAILURES = [
  "unsupported_file",
  "invalid_file",
  "encrypted_file",
  "empty_document",
  "too_large",
  "timeout",
  "internal_error",
] as const;
export type ExtractionFailure = (typeof EXTRACTION_FAILURES)[number];

/** What `Extraction` rejects with, and nothing else but the reason of an aborted signal. */
export class ExtractionError extends Error {
  override readonly name = "ExtractionError";
  readonly failure: ExtractionFailure;

  constructor(failure: ExtractionFailure, message: string) {
    super(message);
    this.failure = failure;
  }
}

export type Heading = {
  title: string;
  level: number;
  /** Index of its page. */
  page: number;
};

/** What is known of a file before its first page is read. */
export type FileFacts = {
  /** `pdf`, `docx`, `html`, `text` ...: the format, by content first, then by name. */
  fileType: string;
  mediaType: string;
  /** Of text formats: the charset that it was read in. */
  encoding: string | null;
  /** Pages of its own: of a PDF, slides, sheets, images. What is not paged is cut into sections of at most about 4,000 characters. */
  paged: boolean;
  /** Of what is not paged: the number of its sections. */
  pageCount: number;
  title: string | null;
  author: string | null;
  /** Document properties beside title and author, as text. */
  properties: Record<string, string>;
  /** What the file itself declares as its outline (bookmarks); empty when there is none: headings are in the pages. */
  outline: Heading[];
};

export type Page = {
  /** In the order of the document, from 0. */
  index: number;
  /** Of a sheet, a slide or a chapter. */
  name: string | null;
  /** Markdown: headings, lists, tables and links survive as structure. At most `PAGE_CHARACTERS_MAX`. */
  content: string;
  /** Read from its picture. */
  recognized: boolean;
};

export type ExtractionWarning = { code: string; message: string };

export interface Reading {
  readonly facts: FileFacts;
  /** From this index on, in order, each as soon as it is read. Rejects with `ExtractionError`. */
  pages(from: number): AsyncIterable<Page>;
  /** What went wrong on the way and did not stop the reading: a picture that could not be read. */
  warnings(): readonly ExtractionWarning[];
  /** Ends the process that reads. Safe to call at any time, also twice. */
  close(): Promise<void>;
}

export type FileToRead = {
  /** Where its bytes lie. */
  path: string;
  /** As the caller named it; a hint alone. */
  filename: string;
  /** As the caller declared it; a hint alone. */
  mediaType: string | null;
};

/** For whom a file is read, and whether the text of pictures and scanned pages is read too. */
export type Asked = { tenant: string; recognize: boolean; signal: AbortSignal };

export interface Extraction {
  /** Starts a process that reads the file. Rejects with `ExtractionError`. */
  open(file: FileToRead, asked: Asked): Promise<Reading>;
  /** ISO 639-1 of a text, or `unknown`. At most its first 20,000 characters are looked at. */
  languageOf(text: string): Promise<string>;
}
