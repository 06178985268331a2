/** A text looked at outside of any run, as a run would. */
import { Refusal } from "../task/errors.ts";
import { type GuardrailReport, type Guardrails, INPUT_REJECTED, strictest } from "../task/guardrails.ts";
import { DetectorFailure } from "./detector.ts";
import { type Detectors, guardOver } from "./detectors.ts";

const on = { enabled: true, threshold: 0.5 };
const rail = { input: on, output: on, mask: { removeEntityValue: false } };
/** Where nobody asks for any in particular. */
const EVERYTHING: Guardrails = { hap: rail, socialBias: rail, pii: rail };

export function textChecker({ asked, detectors }: { asked: Guardrails; detectors: Detectors }) {
  return async (
    check: { text: string; in: "input" | "output"; guardrails: Guardrails },
    signal: AbortSignal,
  ): Promise<GuardrailReport & { text: string }> => {
    const together = strictest([asked, check.guardrails]);
    const { guard, warnings } = guardOver(
      check.in,
      Object.keys(together).length > 0 ? together : EVERYTHING,
      detectors,
    );
    if (guard === null) return { text: check.text, findings: [], warnings };
    try {
      const looked =
        check.in === "output"
          ? await guard.clean(check.text, "text", { signal })
          : { text: check.text, ...(await guard.find(check.text, "text", { signal })) };
      const text = check.in === "input" && looked.findings.length > 0 ? INPUT_REJECTED : looked.text;
      return { text, findings: looked.findings, warnings: [...warnings, ...looked.warnings] };
    } catch (error) {
      if (error instanceof DetectorFailure) throw new Refusal("unavailable", error.message);
      throw error;
    }
  };
}
