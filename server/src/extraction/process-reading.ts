/** A reading in a process of its own: what it sends is handed on as it is taken, and its time is counted while it works. */
import { ExtractionError, type ExtractionWarning, type FileFacts, type Page, type Reading } from "./extraction.ts";
import type { Limits } from "./limits.ts";
import type { FromReader, ToReader } from "./messages.ts";
import { isFull } from "./pages-ahead.ts";
import type { ReaderProcess } from "./reader-process.ts";
import { Stopwatch } from "./stopwatch.ts";

/** The process ends a recognition by itself, by the time of its processor; it is killed when it has not by so many times. */
const RECOGNIZE_PATIENCE = 6;

/** Who reads, as a reading sees it. */
export type ReaderLine = Pick<ReaderProcess, "begin" | "send" | "ended" | "end">;

export class ProcessReading implements Reading {
  readonly #process: ReaderLine;
  readonly #limits: Limits;
  readonly #signal: AbortSignal;
  readonly #abort = () => void this.close();
  readonly #work: Stopwatch;
  #recognition: Stopwatch | null = null;
  readonly #facts = Promise.withResolvers<FileFacts>();
  #known: FileFacts | null = null;
  readonly #warnings: ExtractionWarning[] = [];
  #run = 0;
  /** Sent and not taken. */
  #pages: Page[] = [];
  #whole = false;
  #failure: ExtractionError | null = null;
  #news = Promise.withResolvers<void>();
  readonly #underWay = Promise.withResolvers<string | null>();

  constructor(process: ReaderLine, limits: Limits, signal: AbortSignal) {
    this.#process = process;
    this.#limits = limits;
    this.#signal = signal;
    this.#work = new Stopwatch(limits.readMs, () => this.#end(tooSlow()));
    // Only `open` waits for it.
    this.#facts.promise.catch(() => {});
    signal.addEventListener("abort", this.#abort, { once: true });
    void process.ended.then((error) => this.#fail(error));
  }

  /** Rejects with `ExtractionError`, and with the reason of the signal. */
  async open(file: Omit<Extract<ToReader, { type: "open" }>, "type" | "limits">, bytes: number): Promise<void> {
    try {
      await this.#process.begin((message) => this.#hear(message), bytes, this.#limits);
      this.#work.run();
      this.#process.send({ type: "open", ...file, limits: this.#limits });
      this.#known = await this.#facts.promise;
    } catch (error) {
      await this.close();
      this.#signal.throwIfAborted();
      throw error;
    }
  }

  get facts(): FileFacts {
    if (!this.#known) throw new Error("The file is not open yet.");
    return this.#known;
  }

  /** Resolves with its type when the file turns out to have several pages, at the latest when the process has ended. */
  get underWay(): Promise<string | null> {
    return this.#underWay.promise;
  }

  async *pages(from: number): AsyncIterable<Page> {
    const run = ++this.#run;
    this.#pages = [];
    this.#whole = false;
    this.#process.send({ type: "pages", run, from });
    this.#work.run();
    for (let index = from; ; index++) {
      const page = await this.#next(run);
      if (!page) return;
      if (page.index !== index) {
        this.#end(new ExtractionError("internal_error", "The pages came out of order."));
        throw await this.#process.ended;
      }
      this.#process.send({ type: "taken", run });
      if (!this.#whole) this.#work.run();
      yield page;
    }
  }

  warnings(): readonly ExtractionWarning[] {
    return this.#warnings;
  }

  async close(): Promise<void> {
    this.#signal.removeEventListener("abort", this.#abort);
    this.#end(new ExtractionError("internal_error", "The reading was ended."));
    await this.#process.ended;
  }

  /** Null after the last one. */
  async #next(run: number): Promise<Page | null> {
    for (;;) {
      this.#signal.throwIfAborted();
      if (run !== this.#run) throw new Error("The pages are read anew from elsewhere.");
      const page = this.#pages.shift();
      if (page) return page;
      if (this.#whole) return null;
      if (this.#failure) throw this.#failure;
      this.#news = Promise.withResolvers<void>();
      await this.#news.promise;
    }
  }

  #hear(message: FromReader): void {
    if (message.type === "facts") {
      this.#work.pause();
      this.#facts.resolve(message.facts);
    } else if (message.type === "failed") {
      this.#end(new ExtractionError(message.failure, message.message));
    } else if (message.type === "warning") {
      if (this.#warnings.length < this.#limits.warnings)
        this.#warnings.push({ code: message.code, message: message.message });
    } else if (message.type === "recognizing") {
      this.#recognizing(message.busy);
    } else if (message.type === "page" && message.run === this.#run) {
      this.#pages.push(message.page);
      if (message.page.index > 0) this.#underWay.resolve(this.#known?.fileType ?? null);
      if (isFull(this.#pages.map(({ content }) => content.length))) this.#work.pause();
    } else if (message.type === "end" && message.run === this.#run) {
      this.#whole = true;
      this.#work.pause();
    }
    this.#news.resolve();
  }

  #recognizing(busy: boolean): void {
    this.#recognition?.pause();
    this.#recognition = null;
    if (busy) {
      this.#work.pause();
      this.#recognition = new Stopwatch(this.#limits.recognizeMs * RECOGNIZE_PATIENCE, () => this.#end(tooSlow()));
      this.#recognition.run();
    } else this.#work.run();
  }

  #end(reason: ExtractionError): void {
    this.#work.pause();
    this.#recognition?.pause();
    this.#process.end(reason);
  }

  #fail(error: ExtractionError): void {
    this.#failure = error;
    this.#work.pause();
    this.#recognition?.pause();
    this.#facts.reject(error);
    this.#underWay.resolve(this.#known?.fileType ?? null);
    this.#news.resolve();
  }
}

function tooSlow(): ExtractionError {
  return new ExtractionError("timeout", "It took too long to read.");
}
