/** What the offline detectors see in one segment. */
import type { GuardrailKind } from "../../task/guardrails.ts";
import type { Detection, Segment } from "../detector.ts";
import { personalInformation } from "./pii/pii.ts";

/** The kinds of which this room knows something. */
export const OFFLINE_KINDS: ReadonlySet<GuardrailKind> = new Set(["pii"]);

export function detectionsIn(kind: GuardrailKind, segment: Segment): Detection[] {
  return kind === "pii" ? entitiesIn(segment) : [];
}

function entitiesIn({ before, text, after }: Segment): Detection[] {
  return personalInformation(before + text + after).flatMap((detection) => {
    const start = Math.max(0, detection.start - before.length);
    const end = Math.min(text.length, detection.end - before.length);
    return start < end ? [{ ...detection, start, end }] : [];
  });
}
