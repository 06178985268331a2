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

export type ToParse = { id: number; bytes: Uint8Array };
export type Unreadable = Pick<Refusal, "code" | "message" | "detail">;
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
  /** In the order in which they came. */
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  #isBusy = false;
  #inWork = 0;
  /** Whose answer the next body waits for, and what goes on then. */
  #answered: { request: object; goOn: () => void } | null = null;
  #lastTenant = "";
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
    this.#waiting.set(++this.#last, waiting);
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
    for (const [id, waiting] of this.#waiting) {
      if (waiting.request !== request) continue;
      waiting.hasEnded = true;
      if (this.#isBusy && id === this.#inWork) continue;
      this.#waiting.delete(id);
      waiting.reject(new Refusal("invalid", "The caller has left."));
    }
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

  #handOver(parsed: Parsed): void {
    const from = performance.now();
    const waiting = this.#waiting.get(parsed.id);
    this.#waiting.delete(parsed.id);
    if ("value" in parsed) {
      keepNumberTexts(parsed.value, parsed.numberTexts);
      waiting?.resolve(parsed.value);
    } else waiting?.reject(new Refusal(parsed.code, parsed.message, parsed.detail));
    if (waiting) void this.#goOn(from, waiting);
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

  #start(): Worker {
    const file = import.meta.url.endsWith(".ts") ? "./parser-worker.ts" : "./parser-worker.js";
    const worker = new Worker(new URL(file, import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
    });
    worker.unref();
    // To take it over takes a while, and what is done with it then as long: each in a turn of its own.
    worker.on("message", (parsed: Parsed) => setImmediate(() => this.#handOver(parsed)));
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
      void this.#goOn(performance.now(), waiting);
    });
    return worker;
  }
}
