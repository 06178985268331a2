/** The detectors of a server by what they detect, and the guards that are made of them. */
import { GUARDRAIL_KINDS, type GuardrailKind, type Guardrails } from "../task/agent/guardrails.ts";
import type { Detector } from "./detector.ts";
import { Guard, type Warning, type Watch } from "./guard.ts";

export type Detectors = Readonly<Partial<Record<GuardrailKind, { detector: Detector; whenDown: Watch["whenDown"] }>>>;

/** A guard over one side; null when nothing is to be looked for there. What has no detector is a warning. */
export function guardOver(
  side: "input" | "output",
  asked: Guardrails,
  detectors: Detectors,
): { guard: Guard | null; warnings: Warning[] } {
  const watches: Watch[] = [];
  const warnings: Warning[] = [];
  for (const kind of GUARDRAIL_KINDS) {
    const rail = asked[kind];
    const filter = rail?.[side];
    if (!filter?.enabled) continue;
    const available = detectors[kind];
    if (available) watches.push({ kind, threshold: filter.threshold, mask: rail?.mask, ...available });
    else
      warnings.push({ id: "DETECTOR_UNAVAILABLE", message: `This server has no detector for ${kind} in the ${side}.` });
  }
  return { guard: watches.length > 0 ? new Guard(side, watches) : null, warnings };
}
