/** The way to the thread that parses large bodies. It is started with the first of them, and anew when it has died. */
import { Worker } from "node:worker_threads";
import { Refusal, type RefusalDetail } from "../task/errors.ts";

export type ToParse = { id: number; bytes: Uint8Array };
export type Unreadable = { invalid: string; detail: RefusalDetail };
export type Parsed = { id: number } & ({ value: unknown } | Unreadable);

/** Of its heap. A body of 40 MB whose values are bounded takes 200. */
const HEAP_MB_MAX = 512;

type Waiting = PromiseWithResolvers<unknown>;

export class ParserThread {
  #worker: Worker | null = null;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  /** Throws `invalid` as the parser does, and `too_large` when the thread died of it. `bytes` are the thread's from then on. */
  parse(bytes: Buffer): Promise<unknown> {
    const id = ++this.#last;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    this.#worker ??= this.#start();
    // Memory of its own, so that it is handed over and not copied.
    const own = new Uint8Array(bytes);
    this.#worker.postMessage({ id, bytes: own } satisfies ToParse, [own.buffer]);
    return waiting.promise;
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
      if ("value" in parsed) waiting?.resolve(parsed.value);
      else waiting?.reject(new Refusal("invalid", parsed.invalid, parsed.detail));
    });
    worker.on("error", () => {});
    worker.on("exit", () => {
      this.#worker = null;
      const waiting = [...this.#waiting.values()];
      this.#waiting.clear();
      // The first one was in work; it is what the thread may have died of.
      waiting[0]?.reject(new Refusal("too_large", "The body has more in it than can be read."));
      for (const { reject } of waiting.slice(1)) {
        reject(new Refusal("unavailable", "The body could not be read: try again in a moment.", { retryAfterS: 1 }));
      }
    });
    return worker;
  }
}
