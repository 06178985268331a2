/**
 * The way to the thread that parses large bodies. It is started with the first of them, and anew when it has died. It has
 * one body at a time, and the next only when the event loop has gone round: what comes of a body is worked on at once, and
 * several in one turn would hold up everybody else.
 */
import { Worker } from "node:worker_threads";
import { keepNumberTexts, type NumberTexts } from "../lenses/number-texts.ts";
import { Refusal, type RefusalDetail } from "../task/errors.ts";

export type ToParse = { id: number; bytes: Uint8Array };
export type Unreadable = { invalid: string; detail: RefusalDetail };
/** What is kept beside a value does not come along with it from the thread. */
export type ParsedValue = { value: unknown; numberTexts: NumberTexts | null };
export type Parsed = { id: number } & (ParsedValue | Unreadable);

/** Of its heap. A body of 40 MB whose values are bounded takes 200. */
const HEAP_MB_MAX = 512;

type Waiting = PromiseWithResolvers<unknown> & { bytes: Uint8Array<ArrayBuffer> };

export class ParserThread {
  #worker: Worker | null = null;
  /** In the order in which they came; the first one is in work. */
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  #isBusy = false;
  #inWork = 0;

  /** Throws `invalid` as the parser does, and `too_large` when the thread died of it. `bytes` are the thread's from then on. */
  parse(bytes: Buffer): Promise<unknown> {
    // Memory of its own, so that it is handed over and not copied.
    const waiting = { ...Promise.withResolvers<unknown>(), bytes: new Uint8Array(bytes) };
    this.#waiting.set(++this.#last, waiting);
    this.#next();
    return waiting.promise;
  }

  #next(): void {
    const [first] = this.#waiting;
    if (this.#isBusy || first === undefined) return;
    this.#isBusy = true;
    const [id, { bytes }] = first;
    this.#inWork = id;
    this.#worker ??= this.#start();
    this.#worker.postMessage({ id, bytes } satisfies ToParse, [bytes.buffer]);
  }

  #goOn(): void {
    setImmediate(() => {
      this.#isBusy = false;
      this.#next();
    });
  }

  #start(): Worker {
    const file = import.meta.url.endsWith(".ts") ? "./parser-worker.ts" : "./parser-worker.js";
    const worker = new Worker(new URL(file, import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
    });
    worker.unref();
    worker.on("message", (parsed: Parsed) => {
      const waiting = this.#waiting.get(parsed.id);
      this.#waiting.delete(parsed.id);
      if ("value" in parsed) {
        keepNumberTexts(parsed.value, parsed.numberTexts);
        waiting?.resolve(parsed.value);
      } else waiting?.reject(new Refusal("invalid", parsed.invalid, parsed.detail));
      this.#goOn();
    });
    worker.on("error", () => {});
    worker.on("exit", () => {
      this.#worker = null;
      // What was in work is what the thread may have died of.
      const waiting = this.#waiting.get(this.#inWork);
      if (!waiting) return;
      this.#waiting.delete(this.#inWork);
      waiting.reject(new Refusal("too_large", "The body has more in it than can be read."));
      this.#goOn();
    });
    return worker;
  }
}
