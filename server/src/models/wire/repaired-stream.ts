/**
 * The body of a streamed answer, repaired on its way to a package: bounded, and ended where the answer ends although its connection
 * stays open.
 */
import { StringDecoder } from "node:string_decoder";
import { createParser } from "eventsource-parser";
import { ModelError } from "../model.ts";
import { afterMs } from "../timer.ts";
import type { AnswerRepair, Heard, StreamEvent } from "./answer-repair.ts";
import { endOf, leaveBehind } from "./connection-end.ts";

/** Only counts may come after a complete answer, soon after it: pings do not prolong the wait. */
const COUNTS_MS = 1_000;
/** The last event of a stream may repeat the whole answer, escaped. */
const LINE_BYTES_PER_OUTPUT_BYTE = 2;
/** Every few characters of text travel in an envelope of some 200 bytes. */
const BODY_BYTES_PER_OUTPUT_BYTE = 16;
const LINE_FEED = 10;
/**
 * Events of one answer in a turn of the event loop: a package works on each for up to a tenth of a millisecond, and one turn may bring
 * thousands, in one chunk or in many.
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

/** The source of an answer's bytes. */
type Source = {
  /** Its reader has room for more. */
  more: () => void;
  /** Nothing more is wanted from it. */
  letGo: () => void;
};

/**
 * Takes the bytes of an answer from its connection, and yields those for its package. The end of an all-plain answer is told to its
 * listener.
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
  /** Parsed, and not yet repaired: those from `#next` on. */
  #events: StreamEvent[] = [];
  #next = 0;
  /** Runs after them, once they are repaired. */
  #last: (() => void) | null = null;
  /** Null once no more bytes are taken. */
  #reader: ReadableStreamDefaultController<Uint8Array> | null = null;
  #source: Source | null = null;
  #lines = "";
  /** Repaired since the last pause for others. */
  #mended = 0;
  /** A later turn of the event loop continues. */
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

  /** Resolves once the stream has something to read, its end or a failure; never for an answer whose end goes to a listener. */
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

  /** The rest is repaired in a later turn of the event loop. */
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

  /** No more comes. */
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

  /** The connection has broken; a complete answer is not affected. */
  fail(error: unknown): void {
    this.#last ??= () => {
      if (this.#repair.stage === "open" || error instanceof ModelError) this.#break(error);
      else this.#close();
    };
    this.#mend();
  }

  /** Repairs some of the events; the rest in later turns of the event loop, and then runs `#last`. */
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

/** `source` is read as the answer's reader asks for more, and released when the reader leaves or the answer is over. */
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

/** In the form that servers send. */
export function linesOf(events: readonly StreamEvent[]): string {
  return events
    .map(({ event, data }) => {
      const name = event === undefined ? "" : `event: ${event}\n`;
      // JavaScript knows two more line ends than event streams; those two stay in the JSON as they are.
      const lines = data.includes("\n") || data.includes("\r") ? data.replaceAll(/\r\n?|\n/g, "\ndata: ") : data;
      return `${name}data: ${lines}\n\n`;
    })
    .join("");
}
