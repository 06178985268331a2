/**
 * Passes large bodies to the thread that parses them. The thread is started with the first body, and again after it has died. It parses
 * one body at a time, with the tenants in rotation, and the next one only when the request before it has been answered: a parsed body
 * is then checked, written and answered, and several at once would hold up everybody else and fill the memory. A request whose answer
 * is held or takes long does not hold up the next one for long. When one has taken much of this thread's time at once, other requests
 * get a few times as much before the next: a small request takes several turns of the event loop.
 */
import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { keepNumberTexts, type NumberTexts } from "../../lenses/body/number-texts.ts";
import { Refusal } from "../../task/errors.ts";
import { FairQueue } from "../../task/fair-queue.ts";

export type ToParse = { bytes: Uint8Array };
type Unreadable = Pick<Refusal, "code" | "message" | "detail">;
/** What is kept beside a value does not pass between threads with it. */
type ParsedValue = { value: unknown; numberTexts: NumberTexts | null };
export type Parsed = ParsedValue | Unreadable;

/** Heap of the thread. A body of 40 MB within the bound of values takes 200. */
const HEAP_MB_MAX = 512;

/** Uninterrupted work on a body up to this is short. */
const SHORT_MS = 2;
/** How much of this thread's time others get between two bodies, as a multiple of the last body's. */
const LEFT_TO_OTHERS = 3;
const LEFT_MS_MAX = 250;
/** How long the next body waits for the answer to the one before. */
const ANSWER_MS_MAX = 250;

/** `request` identifies it at its end; a request that has ended gets no answer. */
type Waiting = PromiseWithResolvers<unknown> & {
  bytes: Uint8Array<ArrayBuffer>;
  tenant: string;
  request: object;
  hasEnded: boolean;
};

export class ParserThread {
  #worker: Worker | null = null;
  readonly #waiting = new FairQueue<Waiting>();
  /** Bodies that wait or are being parsed, by their requests. */
  readonly #unread = new Map<object, Waiting>();
  #inWork: Waiting | null = null;
  #isBusy = false;
  /** The request whose answer the next body waits for, and the function that then goes on. */
  #answered: { request: object; goOn: () => void } | null = null;
  readonly #answerMsMax: number;

  constructor(answerMsMax = ANSWER_MS_MAX) {
    this.#answerMsMax = answerMsMax;
  }

  /** Throws `invalid` as the parser does, and `too_large` when the thread died of the body. `bytes` then belong to the thread. */
  parse(bytes: Buffer, tenant: string, request: object): Promise<unknown> {
    // Memory of its own: it can be transferred without a copy.
    const waiting = {
      ...Promise.withResolvers<unknown>(),
      bytes: new Uint8Array(bytes),
      tenant,
      request,
      hasEnded: false,
    };
    this.#waiting.push(tenant, waiting);
    this.#unread.set(request, waiting);
    this.#next();
    return waiting.promise;
  }

  /** The work on its body is done, and its answer is held. */
  held(request: object): void {
    if (this.#answered?.request === request) this.#answered.goOn();
  }

  /** It is answered, or its caller has left: a body that nobody waits for is not parsed. */
  ended(request: object): void {
    this.held(request);
    const waiting = this.#unread.get(request);
    if (waiting === undefined) return;
    waiting.hasEnded = true;
    if (!this.#waiting.remove(waiting.tenant, waiting)) return;
    this.#unread.delete(request);
    waiting.reject(new Refusal("invalid", "The caller has left."));
  }

  #next(): void {
    if (this.#isBusy) return;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#isBusy = true;
    this.#inWork = next;
    const { bytes } = next;
    this.#worker ??= this.#start();
    this.#worker.postMessage({ bytes } satisfies ToParse, [bytes.buffer]);
  }

  /** Once its request is answered and others have had their share of time. `from` is when this thread began to work on the parsed body. */
  async #goOn(from: number, { request, hasEnded }: Waiting): Promise<void> {
    const answered = hasEnded ? null : this.#answerOf(request);
    await nextTurn();
    const ms = performance.now() - from;
    await Promise.all([
      answered,
      ms > SHORT_MS && delay(Math.min(ms * LEFT_TO_OTHERS, LEFT_MS_MAX), undefined, { ref: false }),
    ]);
    this.#isBusy = false;
    this.#next();
  }

  #handOver(waiting: Waiting, parsed: Parsed): void {
    const from = performance.now();
    this.#unread.delete(waiting.request);
    if ("value" in parsed) {
      keepNumberTexts(parsed.value, parsed.numberTexts);
      waiting.resolve(parsed.value);
    } else waiting.reject(new Refusal(parsed.code, parsed.message, parsed.detail));
    void this.#goOn(from, waiting);
  }

  #answerOf(request: object): Promise<void> {
    return new Promise((resolve) => {
      const goOn = () => {
        clearTimeout(late);
        this.#answered = null;
        resolve();
      };
      const late = setTimeout(goOn, this.#answerMsMax).unref();
      this.#answered = { request, goOn };
    });
  }

  /** The body that the thread has returned or died of. */
  #takeOut(): Waiting | null {
    const inWork = this.#inWork;
    this.#inWork = null;
    return inWork;
  }

  #start(): Worker {
    const file = import.meta.url.endsWith(".ts") ? "./parser-worker.ts" : "./parser-worker.js";
    const worker = new Worker(new URL(file, import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
    });
    worker.unref();
    // To receive a value takes time, and the work on it as much: each has its own turn of the event loop.
    worker.on("message", (parsed: Parsed) => {
      const waiting = this.#takeOut();
      if (waiting) setImmediate(() => this.#handOver(waiting, parsed));
    });
    worker.on("error", () => {});
    // A message that this thread cannot deserialize, as its stack is too small for the value's depth: treated as a death of the thread.
    worker.on("messageerror", () => void worker.terminate());
    worker.on("exit", () => {
      this.#worker = null;
      // The thread may have died of the body it was parsing.
      const waiting = this.#takeOut();
      if (!waiting) return;
      this.#unread.delete(waiting.request);
      waiting.reject(new Refusal("too_large", "The body has more in it than can be read."));
      void this.#goOn(performance.now(), waiting);
    });
    return worker;
  }
}
