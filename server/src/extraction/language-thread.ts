/** The way to the thread that tells languages. It is started with the first question, and anew when it has died. */
import { Worker } from "node:worker_threads";

export type LanguageQuestion = { id: number; text: string };
export type LanguageAnswer = { id: number; language: string };

const CHARACTERS_MAX = 20_000;

export class LanguageThread {
  #worker: Worker | null = null;
  readonly #waiting = new Map<number, (language: string) => void>();
  #last = 0;

  /** ISO 639-1, or `unknown`; also when the thread has died of it. */
  languageOf(text: string): Promise<string> {
    const id = ++this.#last;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#waiting.set(id, resolve);
    this.#worker ??= this.#start();
    this.#worker.ref();
    this.#worker.postMessage({ id, text: text.slice(0, CHARACTERS_MAX) } satisfies LanguageQuestion);
    return promise;
  }

  async end(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const file = import.meta.url.endsWith(".ts") ? "./language-worker.ts" : "./language-worker.js";
    const worker = new Worker(new URL(file, import.meta.url));
    worker.on("message", ({ id, language }: LanguageAnswer) => {
      this.#waiting.get(id)?.(language);
      this.#waiting.delete(id);
      // It keeps no process alive that has nothing to ask.
      if (this.#waiting.size === 0) worker.unref();
    });
    worker.on("error", () => {});
    worker.on("exit", () => {
      if (this.#worker === worker) this.#worker = null;
      for (const resolve of this.#waiting.values()) resolve("unknown");
      this.#waiting.clear();
    });
    return worker;
  }
}
