/** What callers may ask of guardrails outside of a task: what they find in a text, and what would be left of it. */
import type { GuardrailReport, Guardrails } from "../task/agent/guardrails.ts";
import type { Principal } from "../task/principal.ts";

export type TextCheck = {
  /** At most `CHECKED_CHARS_MAX` characters. */
  text: string;
  /** As if it went into a model, or came out of one. */
  in: "input" | "output";
  /** Besides those that every run of the server has. */
  guardrails: Guardrails;
};

/** What a run would do: `text` is what the model, or whoever asked, would see of it. */
export type CheckedText = GuardrailReport & { text: string };

export const CHECKED_CHARS_MAX = 100_000;

export interface TextGuardrails {
  /** Nothing is kept of it. Throws `too_large`, and `unavailable` when a detector that is a model cannot be asked. */
  check(principal: Principal, check: TextCheck, signal: AbortSignal): Promise<CheckedText>;
}
