/**
 * The body of a streamed answer, put right on its way to a package: bounded, mended, and ended where the answer ends
 * though its connection stays open.
 */
import { StringDecoder } from "node:string_decoder";
import { createParser } from "eventsource-parser";
import { ModelError } from "../model.ts";
import { afterMs } from "../timer.ts";
import type { AnswerRepair, Heard, StreamEvent } from "./answer-repair.ts";
import { endOf, leaveBehind } from "./connection-end.ts";

/** What may still come once an answer is complete is its counts, and they come with it: pings after it change nothing. */
const COUNTS_MS = 1_000;
/** The last event of a stream may repeat the whole answer, escaped. */
const LINE_BYTES_PER_OUTPUT_BYTE = 2;
/** Every few characters of text travel in an envelope of some 200 bytes. */
const BODY_BYTES_PER_OUTPUT_BYTE = 16;
const LINE_FEED = 10;
/**
 * Of one answer in a turn of the event loop: for a package each is up to a tenth of a millisecond of work, and one turn may
 * bring thousands, in one chunk or each in its own.
 */
const EVENTS_A_TURN = 64;

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
  letGo: () => void;
};

/**
 * Bytes of an answer go in as they come from its connection; what its package is to read comes out. The end of one of which that
 * is nothing is told to whoever hears it.
 */
export class RepairedAnswer {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #heard: Heard | null;
  readonly #wanted = Promise.withResolvers<void>();
  readonly #repair: AnswerRepair;
  readonly #bound: BoundedBytes;
  readonly #decoder = new StringDecoder();
  readonly #encoder = new TextEncoder();
  readonly #parser = createParser({
    onEvent: (event) => this.#events.push(event),
  });
  /** Parsed, and not yet mended: those of `#next` and after. */
  #events: StreamEvent[] = [];
  #next = 0;
  /** What is to be done behind them, once they are mended. */
  #last: (() => void) | null = null;
  /** Null once nothing goes in any more. */
  #reader: ReadableStreamDefaultController<Uint8Array> | null = null;
  #source: Source | null = null;
  #lines = "";
  /** Mended since the last turn that it let others have. */
  #mended = 0;
  /** A later turn goes on with it. */
  #isMending = false;
  #isComplete = false;
  #countsTimer: NodeJS.Timeout | null = null;

  constructor(repair: AnswerRepair, bound: BoundedBytes, heard: Heard | null) {
    this.#heard = heard;
    this.#repair = repair;
    this.#bound = bound;
    this.stream = new ReadableStream({
      start: (controller) => {
        this.#reader = controller;
      },
      pull: () => this.#source?.more(),
      cancel: () => this.#leave(),
    });
  }

  /** Resolves once there is something to read in the stream, or its end or failure; never of an answer whose end is heard. */
  get isWanted(): Promise<void> {
    return this.#heard === null ? Promise.resolve() : this.#wanted.promise;
  }

  /** All of it has come. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  get hasRoom(): boolean {
    return !this.isBehind && (this.#reader?.desiredSize ?? 0) > 0;
  }

  /** Nothing more of it is mended in this turn. */
  get isBehind(): boolean {
    return this.#isMending;
  }

  comesFrom(source: Source): void {
    this.#source = source;
    if (this.#reader === null) source.letGo();
    else source.more();
  }

  take(bytes: Uint8Array): void {
    if (this.#reader === null) return;
    try {
      this.#bound.take(bytes);
      this.#parser.feed(this.#decoder.write(bytes));
    } catch (error) {
      this.#break(error);
      return;
    }
    this.#mend();
  }

  /** Nothing more comes. */
  end(): void {
    if (this.#reader === null) return;
    try {
      // The last event may lack the empty line that ends it.
      this.#parser.feed(`${this.#decoder.end()}\n\n`);
    } catch (error) {
      this.#break(error);
      return;
    }
    this.#last ??= () => this.#close();
    this.#mend();
  }

  /** The connection has broken, which takes nothing away from an answer that is complete. */
  fail(error: unknown): void {
    this.#last ??= () => {
      if (this.#repair.stage === "open" || error instanceof ModelError) this.#break(error);
      else this.#close();
    };
    this.#mend();
  }

  /** Some of what has come; the rest in later turns, and then what is to be done behind it. */
  #mend(isLater = false): void {
    if (this.#reader === null || (this.#isMending && !isLater)) return;
    if (isLater) this.#mended = 0;
    try {
      for (; this.#mended < EVENTS_A_TURN && this.#repair.stage !== "over"; this.#mended++) {
        const event = this.#events[this.#next];
        if (event === undefined) break;
        this.#next += 1;
        this.#lines += linesOf(this.#repair.mended(event));
      }
    } catch (error) {
      this.#break(error);
      return;
    }
    const { stage } = this.#repair;
    if (stage === "complete") this.#countsTimer ??= afterMs(COUNTS_MS, () => this.end());
    const isDone = this.#next === this.#events.length;
    if (isDone) {
      this.#events = [];
      this.#next = 0;
    }
    this.#isMending = stage !== "over" && (!isDone || this.#mended >= EVENTS_A_TURN);
    if (this.#isMending) setImmediate(() => this.#mend(true));
    if (stage === "over") this.#close();
    else if (isDone && this.#last !== null) this.#last();
    else this.#handOn();
    if (isLater && !this.#isMending) this.#source?.more();
  }

  #close(): void {
    try {
      this.#lines += linesOf(this.#repair.closing());
    } catch (error) {
      this.#break(error);
      return;
    }
    this.#isComplete = true;
    this.#handOn();
    this.#reader?.close();
    this.#leave();
    const end = this.#repair.plainEnd;
    if (end === null) this.#wanted.resolve();
    else this.#heard?.ended(end);
  }

  #break(error: unknown): void {
    this.#reader?.error(error);
    this.#leave();
    this.#wanted.resolve();
  }

  #leave(): void {
    this.#reader = null;
    this.#events = [];
    this.#isMending = false;
    if (this.#countsTimer !== null) clearTimeout(this.#countsTimer);
    this.#source?.letGo();
  }

  #handOn(): void {
    if (this.#lines === "") return;
    this.#reader?.enqueue(this.#encoder.encode(this.#lines));
    this.#lines = "";
    this.#wanted.resolve();
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
  const leave = () => void source.cancel().catch(() => {});
  const letGo = () => (answer.isComplete ? leaveBehind(endOf(source), leave) : leave());
  answer.comesFrom({ more: () => void read(), letGo });
}

/** As a server sends them. */
export function linesOf(events: readonly StreamEvent[]): string {
  return events
    .map(({ event, data }) => {
      const name = event === undefined ? "" : `event: ${event}\n`;
      // Of the ends of a line that JavaScript knows two are none of a stream's, and stand in JSON as they are.
      const lines = data.includes("\n") || data.includes("\r") ? data.replaceAll(/\r\n?|\n/g, "\ndata: ") : data;
      return `${name}data: ${lines}\n\n`;
    })
    .join("");
}
