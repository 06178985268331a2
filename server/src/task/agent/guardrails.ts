/**
 * Guardrails: what may not go into a model or come out of it, and what was found of it. A caller, an agent's definition
 * and the server's configuration may each ask for some; together the strictest counts, so that nobody who asks for less
 * takes away what another one wants.
 */
import { z } from "zod";

/** `hap`: hate, abuse and profanity. `socialBias`: prejudice against groups. `pii`: what identifies a person, and secrets. */
export const GUARDRAIL_KINDS = ["hap", "socialBias", "pii"] as const;
export type GuardrailKind = (typeof GUARDRAIL_KINDS)[number];

const filter = z.strictObject({
  enabled: z.boolean().default(false),
  /** A finding counts from this score on: lower is stricter, and over 1 nothing counts. */
  threshold: z.number().default(0.5),
});

export const guardrail = z.strictObject({
  input: filter.optional(),
  output: filter.optional(),
  /** Where it is there, what is found in the output is masked; else its whole sentence is removed. */
  mask: z
    .strictObject({
      /** Leaves the text that was found out of the findings. */
      removeEntityValue: z.boolean().default(false),
    })
    .optional(),
});
export type Guardrail = z.infer<typeof guardrail>;

export const guardrails = z.strictObject({
  hap: guardrail.optional(),
  socialBias: guardrail.optional(),
  pii: guardrail.optional(),
} satisfies Record<GuardrailKind, z.ZodType>);
export type Guardrails = z.infer<typeof guardrails>;

/** What is said in place of an answer when the input is blocked. */
export const INPUT_REJECTED = "[The input was rejected as inappropriate]";
/** What stands in place of a sentence that was removed. */
export const TEXT_REMOVED = "[Potentially harmful text removed]";

export const guardrailFinding = z.strictObject({
  kind: z.enum(GUARDRAIL_KINDS),
  /** Who found it: `offline`, or a model by its name. */
  detector: z.string(),
  /** What it is, in the detector's words: `EmailAddress`, `Profanity` and others. */
  entity: z.string(),
  score: z.number().min(0).max(1),
  in: z.enum(["input", "output"]),
  /** The text in which it was found: `query`, `attachment 2`, `history 3`, `tool 1.1`, `answer` and others. */
  of: z.string(),
  /** Unicode code points of that text as it was before anything was taken out of it; `end` is not part of the finding. */
  start: z.int().min(0),
  end: z.int().min(0),
  /** Absent when a mask removes it. */
  word: z.string().optional(),
  /** `blocked`: the model was not asked. `removed`: its sentence was taken out. `masked`: each code point became `*`. */
  action: z.enum(["blocked", "removed", "masked"]),
});
export type GuardrailFinding = z.infer<typeof guardrailFinding>;

const GUARDRAIL_WARNINGS = ["DETECTOR_UNAVAILABLE", "FINDINGS_CUT"] as const;

/** What guardrails did in a run. Part of an agent's output, and of the events that it adds to its task's log. */
export const guardrailReport = z.strictObject({
  /** In the order in which they were found, at most 1,000. */
  findings: z.array(guardrailFinding),
  /** What could not be looked at as it was asked. */
  warnings: z.array(z.strictObject({ id: z.enum(GUARDRAIL_WARNINGS), message: z.string() })),
});
export type GuardrailReport = z.infer<typeof guardrailReport>;

/** Each guardrail as its strictest asker wants it. */
export function strictest(asked: readonly (Guardrails | undefined)[]): Guardrails {
  const together: Guardrails = {};
  for (const kind of GUARDRAIL_KINDS) {
    const rails = asked.flatMap((each) => each?.[kind] ?? []);
    if (rails.length > 0) together[kind] = joined(rails);
  }
  return together;
}

function joined(rails: readonly Guardrail[]): Guardrail {
  const masks = rails.flatMap(({ mask }) => mask ?? []);
  return {
    ...side("input", rails),
    ...side("output", rails),
    ...(masks.length > 0 && { mask: { removeEntityValue: masks.some((mask) => mask.removeEntityValue) } }),
  };
}

function side(which: "input" | "output", rails: readonly Guardrail[]): Pick<Guardrail, "input" | "output"> {
  const all = rails.flatMap((rail) => rail[which] ?? []);
  const enabled = all.filter((each) => each.enabled);
  const threshold = Math.min(...(enabled.length > 0 ? enabled : all).map((each) => each.threshold));
  return all.length === 0 ? {} : { [which]: { enabled: enabled.length > 0, threshold } };
}
