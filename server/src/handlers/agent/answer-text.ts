/**
 * A model's text on its way to watchers. Text before a tool call is no part of the answer, and no model says beforehand that it will
 * make one: if tools are offered, the beginning waits until that is clear. Text that was shown all the same is taken back once the call
 * comes.
 */
import type { StepContext } from "../../task/handler.ts";

/** Text before a call is a sentence or two: a longer one is taken for the answer, and is shown as it comes. */
const HELD_CHARS_MAX = 400;

export class AnswerText {
  readonly #step: Pick<StepContext, "output" | "retract">;
  /** Null once text is shown as it comes. */
  #held: string | null;

  constructor(step: Pick<StepContext, "output" | "retract">, mayCall: boolean) {
    this.#step = step;
    this.#held = mayCall ? "" : null;
  }

  push(piece: string): void {
    if (this.#held === null) {
      this.#step.output(piece);
      return;
    }
    this.#held += piece;
    if (this.#held.length > HELD_CHARS_MAX) this.end(false);
  }

  /** The model has ended. The text that waits, or was shown, was the answer, unless the model has `called`. */
  end(called: boolean): void {
    const waiting = this.#held;
    this.#held = null;
    if (called) this.#step.retract();
    else if (waiting !== null && waiting !== "") this.#step.output(waiting);
  }
}
