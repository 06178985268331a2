/**
 * A model's text on its way to whoever watches. Text before a call of a tool is no part of the answer, and no model says
 * beforehand that it will call one: where it may, the beginning waits until it is clear which of both it is. What was shown
 * all the same is taken back once the call comes.
 */
import type { StepContext } from "../../task/handler.ts";

/** A word before a call is a sentence or two: what is longer is taken for the answer, and is shown as it comes. */
const HELD_CHARS_MAX = 400;

export class AnswerText {
  readonly #step: Pick<StepContext, "output" | "retract">;
  /** Null once it is shown as it comes. */
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

  /** The model has said all. What waits, or was shown, was the answer, unless it has `called`. */
  end(called: boolean): void {
    const waiting = this.#held;
    this.#held = null;
    if (called) this.#step.retract();
    else if (waiting !== null && waiting !== "") this.#step.output(waiting);
  }
}
