import type { CheckedText, GuardrailCheck } from "./generated/api.ts";
import { type CallOptions, perform } from "./operation.ts";
import type { Transport } from "./transport.ts";

/** Guardrails, tried on a text. */
export class GuardrailsClient {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** What they would find in the text, and what would be left of it. Nothing is kept. */
  check(text: string, options: Omit<GuardrailCheck, "text"> & CallOptions = {}): Promise<CheckedText> {
    const { in: side, guardrails, ...more } = options;
    const body = { text, ...(side && { in: side }), ...(guardrails && { guardrails }) };
    return perform(this.#transport, "checkText", { body }, more);
  }
}
