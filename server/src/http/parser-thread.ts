/**
 * The way to the thread that parses large bodies. It is started with the first of them, and anew when it has died. It has
 * one body at a time, those of several tenants in turn, and the next only when the event loop has gone round: what comes of
 * a body is worked on at once, and several in one turn would hold up everybody else. After one on which this thread has
 * worked for long, the others have the thread for a few times as long: a small request takes several turns of the loop.
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

/** What is done with a body at once is short up to this. */
const SHORT_MS = 2;
/** How much of this thread's time is left to others between two bodies, for each that one has taken. */
const LEFT_TO_OTHERS = 3;
const LEFT_MS_MAX = 250;

type Waiting = PromiseWithResolvers<unknown> & { bytes: Uint8Array<ArrayBuffer>; tenant: string };

export class ParserThread {
  #worker: Worker | null = null;
  /** In the order in which they came. */
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  #isBusy = false;
  #inWork = 0;
  #lastTenant = "";

  /** Throws `invalid` as the parser does, and `too_large` when the thread died of it. `bytes` are the thread's from then on. */
  parse(bytes: Buffer, tenant: string): Promise<unknown> {
    // Memory of its own, so that it is handed over and not copied.
    const waiting = { ...Promise.withResolvers<unknown>(), bytes: new Uint8Array(bytes), tenant };
    this.#waiting.set(++this.#last, waiting);
    this.#next();
    return waiting.promise;
  }

  #next(): void {
    if (this.#isBusy) return;
    const [first] = this.#waiting;
    const next = [...this.#waiting].find(([, { tenant }]) => tenant !== this.#lastTenant) ?? first;
    if (next === undefined) return;
    this.#isBusy = true;
    const [id, { bytes, tenant }] = next;
    this.#inWork = id;
    this.#lastTenant = tenant;
    this.#worker ??= this.#start();
    this.#worker.postMessage({ id, bytes } satisfies ToParse, [bytes.buffer]);
  }

  /** `from` is when this thread began to work on what has come. */
  #goOn(from: number): void {
    const goOn = () => {
      this.#isBusy = false;
      this.#next();
    };
    setImmediate(() => {
      const ms = performance.now() - from;
      if (ms <= SHORT_MS) goOn();
      else setTimeout(goOn, Math.min(ms * LEFT_TO_OTHERS, LEFT_MS_MAX)).unref();
    });
  }

  #start(): Worker {
    const file = import.meta.url.endsWith(".ts") ? "./parser-worker.ts" : "./parser-worker.js";
    const worker = new Worker(new URL(file, import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
    });
    worker.unref();
    worker.on("message", (parsed: Parsed) => {
      const from = performance.now();
      const waiting = this.#waiting.get(parsed.id);
      this.#waiting.delete(parsed.id);
      if ("value" in parsed) {
        keepNumberTexts(parsed.value, parsed.numberTexts);
        waiting?.resolve(parsed.value);
      } else waiting?.reject(new Refusal("invalid", parsed.invalid, parsed.detail));
      this.#goOn(from);
    });
    worker.on("error", () => {});
    // What it answered cannot be made here, where the stack is as deep as the value: it ends as if it had died of it.
    worker.on("messageerror", () => void worker.terminate());
    worker.on("exit", () => {
      this.#worker = null;
      // What was in work is what the thread may have died of.
      const waiting = this.#waiting.get(this.#inWork);
      if (!waiting) return;
      this.#waiting.delete(this.#inWork);
      waiting.reject(new Refusal("too_large", "The body has more in it than can be read."));
      this.#goOn(performance.now());
    });
    return worker;
  }
}
