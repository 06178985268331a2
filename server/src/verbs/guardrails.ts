/** The verb of guardrails outside of a task: what they find in a text, and what they would leave of it. */
import type { GuardrailReport, Guardrails } from "../task/agent/guardrails.ts";
import type { Principal } from "../task/principal.ts";

export type TextCheck = {
  /** At most `CHECKED_CHARS_MAX` characters. */
  text: string;
  /** Checked as a text for a model, or as one from a model. */
  in: "input" | "output";
  /** Beside those of every run of the server. */
  guardrails: Guardrails;
};

/** The effect in a run: `text` is what the model, or the reader of its answer, would see. */
export type CheckedText = GuardrailReport & { text: string };

export const CHECKED_CHARS_MAX = 100_000;

export interface TextGuardrails {
  /** Nothing of it is kept. Throws `too_large`, and `unavailable` when a detector that is a model cannot be asked. */
  check(principal: Principal, check: TextCheck, signal: AbortSignal): Promise<CheckedText>;
}
