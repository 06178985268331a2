/** What guardrails find in a text of a caller's. Who looks is handed in: verbs know no detector. */
import { Refusal } from "../../task/errors.ts";
import { mustHave, type Principal } from "../../task/principal.ts";
import { CHECKED_CHARS_MAX, type CheckedText, type TextCheck, type TextGuardrails } from "../guardrails.ts";

/** Rejects with a `Refusal`. */
export type TextChecker = (check: TextCheck, signal: AbortSignal) => Promise<CheckedText>;

export class GuardrailVerbs implements TextGuardrails {
  readonly #check: TextChecker | null;

  constructor(check: TextChecker | null) {
    this.#check = check;
  }

  async check(principal: Principal, check: TextCheck, signal: AbortSignal): Promise<CheckedText> {
    mustHave(principal, "tasks");
    if (check.text.length > CHECKED_CHARS_MAX)
      throw new Refusal("too_large", `A text that is checked has at most ${CHECKED_CHARS_MAX} characters.`);
    if (this.#check === null) throw new Refusal("unavailable", "This server has no detectors.");
    return this.#check(check, signal);
  }
}
