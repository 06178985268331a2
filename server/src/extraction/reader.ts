/**
 * The reading of one file, inside the process that was made for it: finds the format, runs its reader and says what comes
 * of it, a few pages ahead of whoever takes them. All that a file could swell is bounded here, once for all formats.
 */

import { statSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { ExtractionError, type Heading, type Page } from "./extraction.ts";
import type { Desk, FormatReading } from "./formats/format.ts";
import { FORMATS } from "./formats/index.ts";
import { LIMITS, type Limits } from "./limits.ts";
import type { FromReader, ToReader } from "./messages.ts";
import { isFull } from "./pages-ahead.ts";
import type { Recognizer } from "./recognizer.ts";
import { sniff } from "./sniff.ts";

type Open = Extract<ToReader, { type: "open" }>;

export class Reader {
  readonly #say: (message: FromReader) => void;
  #limits: Limits = LIMITS;
  #reading: FormatReading | null = null;
  #recognizer: Promise<Recognizer> | null = null;
  #run = 0;
  /** Lengths of the pages that were sent and not taken. */
  #ahead: number[] = [];
  #taken = Promise.withResolvers<void>();
  readonly #warned = new Set<string>();

  constructor(say: (message: FromReader) => void) {
    this.#say = say;
  }

  async hear(message: ToReader): Promise<void> {
    try {
      if (message.type === "open") await this.#open(message);
      else if (message.type === "expect") await FORMATS[message.fileType]?.reader();
      else if (message.type === "pages") await this.#pages(message.run, message.from);
      else this.#take(message.run);
    } catch (error) {
      const { failure, message } = failureOf(error);
      this.#say({ type: "failed", failure, message });
    }
  }

  async #open({ path, filename, mediaType, recognize, limits }: Open): Promise<void> {
    this.#limits = limits;
    const source = { path, filename, size: statSync(path).size };
    const fileType = sniff(source, mediaType, limits);
    const format = FORMATS[fileType];
    if (!format) throw new ExtractionError("unsupported_file", `Files of the type ${fileType} are not read.`);
    const desk: Desk = {
      limits,
      recognize,
      recognizer: () => this.#recognizing(),
      warn: (code, message) => this.#warn(code, message),
    };
    const read = await format.reader();
    this.#reading = await read(source, desk);
    const facts = boundedFacts(this.#reading.facts, limits);
    this.#say({ type: "facts", facts: { ...facts, fileType, mediaType: format.mediaType } });
  }

  async #pages(run: number, from: number): Promise<void> {
    this.#run = run;
    this.#ahead = [];
    this.#taken.resolve();
    if (!this.#reading) throw new ExtractionError("internal_error", "No file is open.");
    let characters = 0;
    let blank = from === 0;
    for await (const page of this.#reading.pages(from)) {
      const sent = this.#bounded(page);
      characters += sent.content.length;
      if (characters > this.#limits.textCharacters)
        throw new ExtractionError("too_large", `The text has more than ${this.#limits.textCharacters} characters.`);
      await this.#room();
      if (this.#run !== run) return;
      if (sent.content.trim() !== "") blank = false;
      this.#ahead.push(sent.content.length);
      this.#say({ type: "page", run, page: sent });
      // Reading may be synchronous through and through; what was said meanwhile is heard now.
      await setImmediate();
      if (this.#run !== run) return;
    }
    if (blank) throw new ExtractionError("empty_document", "There is no text in it.");
    this.#say({ type: "end", run });
  }

  #recognizing(): Promise<Recognizer> {
    this.#recognizer ??= import("./recognizer.ts").then(
      ({ Recognizer }) => new Recognizer(this.#limits, (busy) => this.#say({ type: "recognizing", busy })),
    );
    return this.#recognizer;
  }

  async #room(): Promise<void> {
    while (isFull(this.#ahead)) {
      this.#taken = Promise.withResolvers<void>();
      await this.#taken.promise;
    }
  }

  #take(run: number): void {
    if (run !== this.#run) return;
    this.#ahead.shift();
    this.#taken.resolve();
  }

  #bounded(page: Page): Page {
    const { pageCharacters, factCharacters } = this.#limits;
    const name = page.name?.slice(0, factCharacters) ?? null;
    if (page.content.length <= pageCharacters) return { ...page, name };
    this.#warn("page_cut", `Page ${page.index + 1} is longer than ${pageCharacters} characters, and was cut.`);
    const end = page.content.lastIndexOf("\n", pageCharacters);
    return { ...page, name, content: page.content.slice(0, end > 0 ? end : pageCharacters) };
  }

  #warn(code: string, message: string): void {
    if (this.#warned.has(`${code} ${message}`) || this.#warned.size >= this.#limits.warnings) return;
    this.#warned.add(`${code} ${message}`);
    this.#say({ type: "warning", code, message });
  }
}

function boundedFacts(facts: FormatReading["facts"], limits: Limits): FormatReading["facts"] {
  const { factCharacters } = limits;
  if (facts.paged && facts.pageCount > limits.pages)
    throw new ExtractionError("too_large", `It has ${facts.pageCount} pages; ${limits.pages} are read.`);
  const cut = (text: string) => text.replaceAll("\0", "").trim().slice(0, factCharacters);
  const properties = Object.entries(facts.properties).slice(0, limits.facts);
  return {
    ...facts,
    title: facts.title === null ? null : cut(facts.title) || null,
    author: facts.author === null ? null : cut(facts.author) || null,
    properties: Object.fromEntries(properties.map(([name, value]) => [cut(name), cut(value)])),
    outline: facts.outline
      .slice(0, limits.facts)
      .map((heading): Heading => ({ ...heading, title: cut(heading.title) }))
      .filter(({ title, page }) => title !== "" && page < facts.pageCount),
  };
}

/** Parsers throw whatever they like at a damaged file. What the system refuses is no fault of the file. */
function failureOf(error: unknown): ExtractionError {
  if (error instanceof ExtractionError) return error;
  if (error instanceof RangeError) return new ExtractionError("too_large", "It holds more than can be read.");
  if (error instanceof Error && "syscall" in error)
    return new ExtractionError("internal_error", "The file could not be opened.");
  return new ExtractionError("invalid_file", "The file is damaged.");
}
