/** What the offline detectors see in one segment. */
import type { GuardrailKind } from "../../task/agent/guardrails.ts";
import type { Detection, Segment } from "../detector.ts";
import { personalInformation } from "./pii/pii.ts";
import { sentenceScore } from "./tone/tone.ts";

/** Shorter is nothing that anybody says. */
const LETTERS_MIN = 2;

export function detectionsIn(kind: GuardrailKind, segment: Segment): Detection[] {
  return kind === "pii" ? entitiesIn(segment) : sentenceIn(kind, segment);
}

function entitiesIn({ before, text, after }: Segment): Detection[] {
  return personalInformation(before + text + after).flatMap((detection) => {
    const start = Math.max(0, detection.start - before.length);
    const end = Math.min(text.length, detection.end - before.length);
    return start < end ? [{ ...detection, start, end }] : [];
  });
}

/** A sentence is hateful as a whole, or it is not. */
function sentenceIn(kind: "hap" | "socialBias", { text }: Segment): Detection[] {
  const sentence = text.trim();
  if (sentence.length < LETTERS_MIN) return [];
  const start = text.indexOf(sentence);
  const score = sentenceScore(kind, sentence);
  return score > 0.01
    ? [{ entity: kind === "hap" ? "HAP" : "SocialBias", score, start, end: start + sentence.length }]
    : [];
}
