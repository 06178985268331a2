/**
 * The way to the thread that parses large bodies. It is started with the first of them, and anew when it has died. It has
 * one body at a time, those of several tenants in turn, and the next only when the request of the one before has been answered:
 * what comes of a body is checked, written and said again, and several of them side by side would hold up everybody else
 * and fill the memory. One whose answer is held or takes long holds no other up for long. After one on which this thread has worked for
 * long at once, the others have the thread for a few times as long: a small request takes several turns of the loop.
 */
import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { keepNumberTexts, type NumberTexts } from "../../lenses/body/number-texts.ts";
import { Refusal } from "../../task/errors.ts";
import { FairQueue } from "../../task/fair-queue.ts";

export type ToParse = { bytes: Uint8Array };
type Unreadable = Pick<Refusal, "code" | "message" | "detail">;
/** What is kept beside a value does not come along with it from the thread. */
type ParsedValue = { value: unknown; numberTexts: NumberTexts | null };
export type Parsed = ParsedValue | Unreadable;

/** Of its heap. A body of 40 MB whose values are bounded takes 200. */
const HEAP_MB_MAX = 512;

/** What is done with a body at once is short up to this. */
const SHORT_MS = 2;
/** How much of this thread's time is left to others between two bodies, for each that one has taken. */
const LEFT_TO_OTHERS = 3;
const LEFT_MS_MAX = 250;
/** How long the next body waits for the answer to the one before. */
const ANSWER_MS_MAX = 250;

/** `request` is whose end is told; one that has ended is answered by nobody. */
type Waiting = PromiseWithResolvers<unknown> & {
  bytes: Uint8Array<ArrayBuffer>;
  tenant: string;
  request: object;
  hasEnded: boolean;
};

export class ParserThread {
  #worker: Worker | null = null;
  readonly #waiting = new FairQueue<Waiting>();
  /** Those that wait or are in work, by their requests. */
  readonly #unread = new Map<object, Waiting>();
  #inWork: Waiting | null = null;
  #isBusy = false;
  /** Whose answer the next body waits for, and what goes on then. */
  #answered: { request: object; goOn: () => void } | null = null;
  readonly #answerMsMax: number;

  constructor(answerMsMax = ANSWER_MS_MAX) {
    this.#answerMsMax = answerMsMax;
  }

  /** Throws `invalid` as the parser does, and `too_large` when the thread died of it. `bytes` are the thread's from then on. */
  parse(bytes: Buffer, tenant: string, request: object): Promise<unknown> {
    // Memory of its own, so that it is handed over and not copied.
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

  /** What its body was for is done, and its answer takes its time. */
  held(request: object): void {
    if (this.#answered?.request === request) this.#answered.goOn();
  }

  /** Its answer is out, or its caller has left: what nobody waits for any more is not read. */
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

  /** Once its request is answered and others have had their turn. `from` is when this thread began to work on what has come. */
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

  /** The thread has it no more. */
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
    // To take it over takes a while, and what is done with it then as long: each in a turn of its own.
    worker.on("message", (parsed: Parsed) => {
      const waiting = this.#takeOut();
      if (waiting) setImmediate(() => this.#handOver(waiting, parsed));
    });
    worker.on("error", () => {});
    // What it answered cannot be made here, where the stack is as deep as the value: it ends as if it had died of it.
    worker.on("messageerror", () => void worker.terminate());
    worker.on("exit", () => {
      this.#worker = null;
      // What was in work is what the thread may have died of.
      const waiting = this.#takeOut();
      if (!waiting) return;
      this.#unread.delete(waiting.request);
      waiting.reject(new Refusal("too_large", "The body has more in it than can be read."));
      void this.#goOn(performance.now(), waiting);
    });
    return worker;
  }
}
