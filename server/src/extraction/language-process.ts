/**
 * The way to the process that tells languages. It is started with the first question, and anew when it has died; the table
 * that it looks into takes 200 MB, so it ends when nobody has asked for a while.
 */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { z } from "zod";
import { confinedProcess, holdOn, letIdle } from "./confined-process.ts";

export type LanguageQuestion = { id: number; text: string };
const languageAnswer = z.object({ id: z.int(), language: z.string() });
export type LanguageAnswer = z.infer<typeof languageAnswer>;

const CHARACTERS_MAX = 20_000;
const HEAP_MB = 256;
/** Files come together; after these the next one is a while away. */
const IDLE_MS = 10_000;

export class LanguageProcess {
  #child: ChildProcess | null = null;
  #idle: NodeJS.Timeout | undefined;
  readonly #waiting = new Map<number, (language: string) => void>();
  #last = 0;

  /** ISO 639-1, or `unknown`; also when the process has died of it. */
  languageOf(text: string): Promise<string> {
    const id = ++this.#last;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#waiting.set(id, resolve);
    clearTimeout(this.#idle);
    this.#child ??= this.#start();
    holdOn(this.#child);
    const question: LanguageQuestion = { id, text: text.slice(0, CHARACTERS_MAX) };
    // Of one that is dying the end says all there is to say.
    this.#child.send(question, () => {});
    return promise;
  }

  async end(): Promise<void> {
    clearTimeout(this.#idle);
    const child = this.#child;
    if (!child?.kill("SIGKILL")) return;
    holdOn(child);
    await once(child, "exit");
  }

  #start(): ChildProcess {
    const child = confinedProcess("language-entry", HEAP_MB);
    child.on("message", (message) => {
      const heard = languageAnswer.safeParse(message);
      if (!heard.success) return void child.kill("SIGKILL");
      const { id, language } = heard.data;
      this.#waiting.get(id)?.(language);
      this.#waiting.delete(id);
      if (this.#waiting.size > 0) return;
      letIdle(child);
      this.#idle = setTimeout(() => this.#lose(child), IDLE_MS).unref();
    });
    child.on("error", () => this.#lose(child));
    child.on("exit", () => this.#lose(child));
    return child;
  }

  /** What waits for it is answered; the next question is another one's. */
  #lose(child: ChildProcess): void {
    child.kill("SIGKILL");
    if (this.#child !== child) return;
    this.#child = null;
    for (const resolve of this.#waiting.values()) resolve("unknown");
    this.#waiting.clear();
  }
}
