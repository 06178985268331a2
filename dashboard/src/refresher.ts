/**
 * Keeps a page up to date while somebody looks at it: asks the server again and again. Only the newest question may draw, since
 * answers can overtake each other.
 */
import { notice } from "./element.ts";
import type { PageHead } from "./page-head.ts";
import { sentenceOf } from "./session.ts";

/** Resolves with what draws the answer, and answers how much there is in words. */
type Ask = () => Promise<() => string>;

export class Refresher {
  readonly #everyMs: number;
  readonly #head: PageHead;
  readonly #problem: HTMLElement;
  readonly #ask: Ask;
  #asked = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `problem` is told why there is no answer. */
  constructor(everyMs: number, head: PageHead, problem: HTMLElement, ask: Ask) {
    this.#everyMs = everyMs;
    this.#head = head;
    this.#problem = problem;
    this.#ask = ask;
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) void this.now();
    });
  }

  async now(): Promise<void> {
    clearTimeout(this.#timer);
    this.#asked += 1;
    const mine = this.#asked;
    try {
      const draw = await this.#ask();
      if (mine !== this.#asked) return;
      notice(this.#problem, "");
      this.#head.live(draw());
    } catch (error) {
      if (mine !== this.#asked) return;
      notice(this.#problem, sentenceOf(error));
      this.#head.lost(error);
    }
    if (!document.hidden) this.#timer = setTimeout(() => void this.now(), this.#everyMs);
  }
}
