/** A text looked at outside of any run, as a run would. */
import { countedOf } from "../models/estimated-usage.ts";
import type { PaidCall } from "../models/model.ts";
import { type GuardrailReport, type Guardrails, INPUT_REJECTED, strictest } from "../task/agent/guardrails.ts";
import { Refusal } from "../task/errors.ts";
import type { CountedCall } from "../task/usage.ts";
import { type Detector, DetectorFailure } from "./detector.ts";
import { type Detectors, guardOver } from "./detectors.ts";

type Asked = {
  signal: AbortSignal;
  /** Hears what each question to a model has cost. */
  onPaid: (call: CountedCall) => void;
  /** Takes what may be paid at most; why it may not be paid, or null. */
  reserve: (costUsd: number) => Promise<Refusal | null>;
};

const on = { enabled: true, threshold: 0.5 };
const rail = { input: on, output: on, mask: { removeEntityValue: false } };
/** Where nobody asks for any in particular. */
const EVERYTHING: Guardrails = { hap: rail, socialBias: rail, pii: rail };

export function textChecker({ asked, detectors }: { asked: Guardrails; detectors: Detectors }) {
  return async (
    check: { text: string; in: "input" | "output"; guardrails: Guardrails },
    { signal, onPaid, reserve }: Asked,
  ): Promise<GuardrailReport & { text: string }> => {
    const together = strictest([asked, check.guardrails]);
    const { guard, warnings } = guardOver(
      check.in,
      Object.keys(together).length > 0 ? together : EVERYTHING,
      detectors,
    );
    if (guard === null) return { text: check.text, findings: [], warnings };
    const costUsd = Math.max(0, ...guard.questions.map((question) => costOf(question, check.text)));
    if (costUsd > 0) {
      const refused = await reserve(costUsd * guard.questions.length);
      if (refused) throw refused;
    }
    const looking = { signal, paying: async () => (paid: PaidCall) => onPaid(countedOf(paid, "guardrails")) };
    try {
      const looked =
        check.in === "output"
          ? await guard.clean(check.text, "text", looking)
          : { text: check.text, ...(await guard.find(check.text, "text", looking)) };
      const text = check.in === "input" && looked.findings.length > 0 ? INPUT_REJECTED : looked.text;
      return { text, findings: looked.findings, warnings: [...warnings, ...looked.warnings] };
    } catch (error) {
      if (error instanceof DetectorFailure)
        throw new Refusal("unavailable", error.message, { retryAfterS: FAILED_RETRY_S });
      throw error;
    }
  };
}

/** A detector that asks a model has tried several times by itself. */
const FAILED_RETRY_S = 10;
/** What a model may be told of what it is to look for. */
const INSTRUCTIONS_BYTES = 4_000;
const PER_MILLION = 1_000_000;

/** At most: no text has more tokens than bytes. */
function costOf({ price, answerTokensMax }: NonNullable<Detector["asks"]>, text: string): number {
  const inputTokens = Buffer.byteLength(text) + INSTRUCTIONS_BYTES;
  return price === null ? 0 : (inputTokens * price.input + answerTokensMax * price.output) / PER_MILLION;
}
