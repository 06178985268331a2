/**
 * Data that something is made of before it goes out. Lines that come at once are handed to the filter together; none waits
 * longer than a turn of the event loop, nor for more than `WAITING_CHARS_MAX` others.
 */

/** What is made of whole lines; `failure` is what is said of the first that it does not fit, behind which nothing goes out. */
export type Filter = (lines: string) => { made: string; failure: Error | null };

const WAITING_CHARS_MAX = 256 * 1024;

class FilteredData {
  readonly #filter: Filter;
  readonly #failed = new AbortController();
  #waiting = "";
  #write: (text: string) => void = () => {};
  #next: NodeJS.Immediate | null = null;

  constructor(filter: Filter) {
    this.#filter = filter;
  }

  /** Aborted when a line does not fit: for what waits for more of them. */
  get failed(): AbortSignal {
    return this.#failed.signal;
  }

  /** Throws what is said of a line before it that does not fit. */
  add(text: string, write: (text: string) => void): void {
    this.#failed.signal.throwIfAborted();
    this.#write = write;
    this.#waiting += text;
    if (this.#waiting.length >= WAITING_CHARS_MAX) this.end();
    else this.#next ??= setImmediate(() => this.#flush());
  }

  /** All data is out; throws what is said of the first line that does not fit. */
  end(): void {
    this.#flush();
    this.#failed.signal.throwIfAborted();
  }

  #flush(): void {
    if (this.#next !== null) clearImmediate(this.#next);
    this.#next = null;
    const lines = this.#waiting;
    this.#waiting = "";
    if (lines === "" || this.#failed.signal.aborted) return;
    const { made, failure } = this.#filter(lines);
    if (made !== "") this.#write(made);
    if (failure !== null) this.#failed.abort(failure);
  }
}

let filtered: FilteredData | null = null;

/** All data that is written from now on goes through it first, in order. */
export function filterData(filter: Filter): void {
  filtered = new FilteredData(filter);
}

/** Writes data, through the filter where there is one. Throws what is said of data before it that does not fit. */
export function writeData(text: string, write: (text: string) => void): void {
  if (filtered === null) write(text);
  else filtered.add(text, write);
}

/** Aborted, with what is to be said of it, when the filter does not fit what was written; null where there is none. */
export function dataUnfit(): AbortSignal | null {
  return filtered?.failed ?? null;
}

/** Ends the filter: all data is out. Throws what is said of the first that it does not fit. */
export function dataOut(): void {
  const ending = filtered;
  filtered = null;
  ending?.end();
}
