/**
 * The body of a streamed answer, put right on its way to a package: bounded, mended, and ended where the answer ends
 * though its connection stays open.
 */
import { createParser } from "eventsource-parser";
import { ModelError } from "../model.ts";
import { afterMs } from "../timer.ts";
import type { AnswerRepair, StreamEvent } from "./answer-repair.ts";

/** What may still come once an answer is complete is its counts, and they come with it: pings after it change nothing. */
const COUNTS_MS = 1_000;
/** The last event of a stream may repeat the whole answer, escaped. */
const LINE_BYTES_PER_OUTPUT_BYTE = 2;
/** Every few characters of text travel in an envelope of some 200 bytes. */
const BODY_BYTES_PER_OUTPUT_BYTE = 16;
const LINE_FEED = 10;

/** Fails with `bad_answer` once a line or the whole is too long for an answer of `outputBytesMax`. */
export class BoundedBytes {
  readonly #outputBytesMax: number;
  #body = 0;
  #line = 0;

  constructor(outputBytesMax: number) {
    this.#outputBytesMax = outputBytesMax;
  }

  take(chunk: Uint8Array): void {
    const lineEnd = chunk.lastIndexOf(LINE_FEED);
    this.#body += chunk.byteLength;
    this.#line = lineEnd === -1 ? this.#line + chunk.byteLength : chunk.byteLength - lineEnd - 1;
    const max = this.#outputBytesMax;
    if (this.#body <= max * BODY_BYTES_PER_OUTPUT_BYTE && this.#line <= max * LINE_BYTES_PER_OUTPUT_BYTE) return;
    throw new ModelError("bad_answer", `the answer is longer than ${max} bytes allow`);
  }
}

/** Whoever brings the bytes of an answer. */
type Source = {
  /** Its reader has room for more. */
  more: () => void;
  /** Nothing more is wanted of it. */
  letGo: (reason: unknown) => void;
};

/** Bytes of an answer go in as they come from its connection; what its package is to read comes out. */
export class RepairedAnswer {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #repair: AnswerRepair;
  readonly #bound: BoundedBytes;
  readonly #decoder = new TextDecoder();
  readonly #encoder = new TextEncoder();
  readonly #parser = createParser({
    onEvent: (event) => {
      if (this.#repair.stage !== "over") this.#lines += linesOf(this.#repair.mended(event));
    },
  });
  /** Null once nothing goes in any more. */
  #reader: ReadableStreamDefaultController<Uint8Array> | null = null;
  #source: Source | null = null;
  #lines = "";
  #countsTimer: NodeJS.Timeout | null = null;

  constructor(repair: AnswerRepair, bound: BoundedBytes) {
    this.#repair = repair;
    this.#bound = bound;
    this.stream = new ReadableStream({
      start: (controller) => {
        this.#reader = controller;
      },
      pull: () => this.#source?.more(),
      cancel: (reason) => this.#leave(reason),
    });
  }

  get hasRoom(): boolean {
    return (this.#reader?.desiredSize ?? 0) > 0;
  }

  comesFrom(source: Source): void {
    this.#source = source;
    if (this.#reader === null) source.letGo(null);
    else source.more();
  }

  take(bytes: Uint8Array): void {
    if (this.#reader === null) return;
    try {
      this.#bound.take(bytes);
      this.#parser.feed(this.#decoder.decode(bytes, { stream: true }));
    } catch (error) {
      this.#break(error);
      return;
    }
    const { stage } = this.#repair;
    if (stage === "complete") this.#countsTimer ??= afterMs(COUNTS_MS, () => this.end());
    if (stage === "over") this.end();
    else this.#handOn();
  }

  /** Nothing more comes. */
  end(): void {
    if (this.#reader === null) return;
    try {
      // The last event may lack the empty line that ends it.
      this.#parser.feed(`${this.#decoder.decode()}\n\n`);
      this.#lines += linesOf(this.#repair.closing());
    } catch (error) {
      this.#break(error);
      return;
    }
    this.#handOn();
    this.#reader.close();
    this.#leave(null);
  }

  /** The connection has broken, which takes nothing away from an answer that is complete. */
  fail(error: unknown): void {
    if (this.#repair.stage === "open" || error instanceof ModelError) this.#break(error);
    else this.end();
  }

  #break(error: unknown): void {
    this.#reader?.error(error);
    this.#leave(error);
  }

  #leave(reason: unknown): void {
    this.#reader = null;
    if (this.#countsTimer !== null) clearTimeout(this.#countsTimer);
    this.#source?.letGo(reason);
  }

  #handOn(): void {
    if (this.#lines !== "") this.#reader?.enqueue(this.#encoder.encode(this.#lines));
    this.#lines = "";
  }
}

/** `source` is read as the reader of the answer asks for more, and let go when that leaves or the answer is over. */
export function readInto(
  answer: RepairedAnswer,
  source: ReadableStreamDefaultReader<Uint8Array>,
  first: Uint8Array,
): void {
  let next: Uint8Array | null = first;
  let isReading = false;
  async function read(): Promise<void> {
    if (isReading) return;
    isReading = true;
    try {
      while (answer.hasRoom) {
        const value = next ?? (await source.read()).value;
        next = null;
        if (value === undefined) return answer.end();
        answer.take(value);
      }
    } catch (error) {
      answer.fail(error);
    } finally {
      isReading = false;
    }
  }
  answer.comesFrom({ more: () => void read(), letGo: (reason) => void source.cancel(reason).catch(() => {}) });
}

/** As a server sends them. */
export function linesOf(events: readonly StreamEvent[]): string {
  return events
    .map(({ event, data }) => {
      const name = event === undefined ? "" : `event: ${event}\n`;
      return `${name}${data.replaceAll(/^/gm, "data: ")}\n\n`;
    })
    .join("");
}
