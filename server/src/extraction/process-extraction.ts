/**
 * Reading in processes: one for each file, so many at once, and the others wait, those of several tenants in turn. One more is
 * kept ready while files come, so that a small file does not wait for a process to start.
 */
import { stat } from "node:fs/promises";
import { FairPlaces } from "../task/fair-places.ts";
import { type Asked, type Extraction, ExtractionError, type FileToRead, type Reading } from "./extraction.ts";
import { LanguageProcess } from "./language-process.ts";
import { LIMITS, type Limits } from "./limits.ts";
import { ProcessReading } from "./process-reading.ts";
import { ReaderProcess } from "./reader-process.ts";

const PROCESSES_MAX = 2;
/** More, each for a tenant of which no file is read: to read the pictures of one may take hours. */
const RESERVE = 1;
/** A process that nobody has needed for so long is ended. */
const SPARE_MS = 60_000;

type Spare = { process: ReaderProcess; timer: NodeJS.Timeout };

export class ProcessExtraction implements Extraction {
  readonly #limits: Limits;
  readonly #languages = new LanguageProcess();
  readonly #places: FairPlaces;
  #spare: Spare | null = null;
  #closed = false;

  constructor({ processes = PROCESSES_MAX, limits = {} }: { processes?: number; limits?: Partial<Limits> } = {}) {
    this.#limits = { ...LIMITS, ...limits };
    this.#places = new FairPlaces(processes, RESERVE);
  }

  async open(file: FileToRead, { tenant, recognize, signal }: Asked): Promise<Reading> {
    const size = await sizeOf(file.path);
    const leave = await this.#places.take(tenant, signal);
    const process = this.#process();
    const reading = new ProcessReading(process, this.#limits, signal);
    void process.ended.then(leave);
    // Only then: to start one holds the server up, 5 ms for each 100 MB that it has, and takes a third of two cores.
    void reading.underWay.then((fileType) => this.#keepSpare(fileType));
    const { path, filename, mediaType } = file;
    await reading.open({ path, filename, mediaType, recognize }, size);
    return reading;
  }

  languageOf(text: string): Promise<string> {
    return this.#languages.languageOf(text);
  }

  /** Ends what waits for files and texts. Readings are closed by whoever opened them. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#endSpare();
    await this.#languages.end();
  }

  #process(): ReaderProcess {
    return this.#takeSpare()?.process ?? new ReaderProcess(this.#limits);
  }

  /** `fileType`: of the file before; files of a kind come together. */
  #keepSpare(fileType: string | null): void {
    if (this.#closed || this.#spare) return;
    const process = new ReaderProcess(this.#limits);
    process.idle();
    if (fileType !== null) process.send({ type: "expect", fileType });
    const timer = setTimeout(() => this.#endSpare(), SPARE_MS).unref();
    const spare = { process, timer };
    this.#spare = spare;
    void process.ended.then(() => {
      if (this.#spare === spare) this.#spare = null;
    });
  }

  #endSpare(): void {
    this.#takeSpare()?.process.end(new ExtractionError("internal_error", "It was not needed."));
  }

  /** It is nobody else's from then on. */
  #takeSpare(): Spare | null {
    const spare = this.#spare;
    this.#spare = null;
    if (spare) clearTimeout(spare.timer);
    return spare;
  }
}

async function sizeOf(path: string): Promise<number> {
  const size = await stat(path).then(
    (found) => (found.isFile() ? found.size : null),
    () => null,
  );
  if (size === null) throw new ExtractionError("internal_error", "The file is not there.");
  if (size === 0) throw new ExtractionError("empty_document", "The file is empty.");
  return size;
}
