/** Checks a caller's text by guardrails. The checker is passed in: verbs know no detector. */
import { Refusal } from "../../task/errors.ts";
import { mustHave, type Principal } from "../../task/principal.ts";
import { CHECKED_CHARS_MAX, type CheckedText, type TextCheck, type TextGuardrails } from "../guardrails.ts";
import type { PaidRequests, Paying } from "./paid-requests.ts";

/** Rejects with a `Refusal`. */
export type TextChecker = (check: TextCheck, asked: Paying & { signal: AbortSignal }) => Promise<CheckedText>;

export class GuardrailVerbs implements TextGuardrails {
  readonly #check: TextChecker | null;
  readonly #paid: PaidRequests;

  constructor(check: TextChecker | null, paid: PaidRequests) {
    this.#check = check;
    this.#paid = paid;
  }

  async check(principal: Principal, check: TextCheck, signal: AbortSignal): Promise<CheckedText> {
    mustHave(principal, "tasks");
    if (check.text.length > CHECKED_CHARS_MAX)
      throw new Refusal("too_large", `A text that is checked has at most ${CHECKED_CHARS_MAX} characters.`);
    if (this.#check === null) throw new Refusal("unavailable", "This server has no detectors.");
    const look = this.#check;
    return this.#paid.counted("guardrails", principal, (paying) => look(check, { ...paying, signal }));
  }
}
