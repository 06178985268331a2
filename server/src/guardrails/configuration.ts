/** What an operator can say about guardrails: those that every run has, and who detects what. */
import { z } from "zod";
import type { Models } from "../models/model.ts";
import { GUARDRAIL_KINDS, type GuardrailKind, type Guardrails, guardrail } from "../task/agent/guardrails.ts";
import type { Detectors } from "./detectors.ts";
import { modelDetector } from "./model-detector.ts";
import type { OfflineDetectors } from "./offline/offline-detectors.ts";

const configured = guardrail.extend({
  /** `none` leaves the kind without a detector: whoever enables it is warned. */
  detector: z.enum(["offline", "none"]).default("offline"),
  /** `provider:model`, asked in place of the offline detector. */
  model: z.string().min(1).optional(),
  /** When the model cannot be asked: `closed` fails the step, which is tried again; `open` goes on with a warning. */
  whenDown: z.enum(["closed", "open"]).default("closed"),
});

export const guardrailsConfig = z.strictObject({
  hap: configured.optional(),
  socialBias: configured.optional(),
  pii: configured.optional(),
} satisfies Record<GuardrailKind, z.ZodType>);
export type GuardrailsConfig = z.output<typeof guardrailsConfig>;

/** What every run is asked for, and who looks for what. Throws a `ModelError` for an unknown model. */
export function configuredGuardrails(
  config: GuardrailsConfig,
  models: Models,
  offline: OfflineDetectors,
): { asked: Guardrails; detectors: Detectors } {
  const asked: Guardrails = {};
  const detectors: { -readonly [Kind in keyof Detectors]: Detectors[Kind] } = {};
  for (const kind of GUARDRAIL_KINDS) {
    const { detector, model, whenDown, ...rail } = config[kind] ?? configured.parse({});
    if (Object.keys(rail).length > 0) asked[kind] = rail;
    if (model !== undefined)
      detectors[kind] = { detector: modelDetector(kind, models.resolve(model), models), whenDown };
    else if (detector === "offline") detectors[kind] = { detector: offline.detector(kind), whenDown };
  }
  return { asked, detectors };
}
