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

/** `source` is read as its reader asks for more, and let go when its reader leaves or the answer is over. */
export function repairedStream(
  source: ReadableStreamDefaultReader<Uint8Array>,
  repair: AnswerRepair,
  first: Uint8Array,
  bound: BoundedBytes,
): ReadableStream<Uint8Array> {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let lines = "";
  const parser = createParser({
    onEvent: (event) => {
      if (repair.stage !== "over") lines += linesOf(repair.mended(event));
    },
  });
  let next: Uint8Array | null = first;
  let countsTime: CountsTime | null = null;

  /** The next bytes; undefined at the end, and where nothing comes any more that matters. */
  async function more(): Promise<Uint8Array | undefined> {
    if (next !== null) {
      const bytes = next;
      next = null;
      return bytes;
    }
    if (repair.stage === "over") return undefined;
    if (repair.stage === "complete") countsTime ??= new CountsTime();
    const chunk = await (countsTime === null ? source.read() : countsTime.within(() => source.read()));
    if (chunk?.value) bound.take(chunk.value);
    return chunk?.value;
  }

  return new ReadableStream({
    async pull(controller) {
      while (lines === "") {
        const bytes = await more().catch((error: unknown) => {
          // A connection that breaks after the answer is complete takes nothing away.
          if (repair.stage === "open" || error instanceof ModelError) throw error;
          return undefined;
        });
        if (bytes) {
          parser.feed(decoder.decode(bytes, { stream: true }));
          continue;
        }
        // The last event may lack the empty line that ends it.
        parser.feed(`${decoder.decode()}\n\n`);
        const last = lines + linesOf(repair.closing());
        if (last !== "") controller.enqueue(encoder.encode(last));
        controller.close();
        countsTime?.end();
        source.cancel().catch(() => {});
        return;
      }
      controller.enqueue(encoder.encode(lines));
      lines = "";
    },
    cancel: (reason) => {
      countsTime?.end();
      return source.cancel(reason);
    },
  });
}

/** How long the counts of one answer may take, in all. */
class CountsTime {
  readonly #timer: NodeJS.Timeout;
  readonly #over: Promise<null>;
  #isOver = false;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<null>();
    this.#over = promise;
    this.#timer = afterMs(COUNTS_MS, () => {
      this.#isOver = true;
      resolve(null);
    });
  }

  /** Null where it is over before that. */
  async within<T>(read: () => Promise<T>): Promise<T | null> {
    if (this.#isOver) return null;
    const reading = read();
    // What is left behind may still fail, and nobody is there to hear it.
    reading.catch(() => {});
    return Promise.race([reading, this.#over]);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
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
