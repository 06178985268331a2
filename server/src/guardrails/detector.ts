/**
 * What finds something in a text: one detector for each kind of guardrail, offline or a language model. It is shown a
 * text piece by piece, says what stands where and how sure it is, and decides nothing: thresholds, masks and blocking
 * are the guard's.
 */
import type { PaidCall } from "../models/model.ts";
import type { Price } from "../models/price-table.ts";
import type { GuardrailKind } from "../task/agent/guardrails.ts";

/** A sentence, or a part of one that is too long, with what stands around it. */
export type Segment = {
  text: string;
  /** What stands before it, so that a number is read beside the words that say what it is. */
  before: string;
  /** What follows it: only where a text without an end was cut, so that what lies over the cut is seen from both sides. */
  after: string;
};

/** UTF-16 code units of the segment's `text`; `end` is not part of it. */
export type Detection = { entity: string; score: number; start: number; end: number };

/** On whose behalf somebody looks: when to stop, and who hears before a call that is paid, and then of what it cost. */
export type Looking = {
  signal: AbortSignal;
  paying?: (expected: PaidCall) => Promise<(paid: PaidCall) => void>;
};

export interface Detector {
  readonly kind: GuardrailKind;
  /** `offline`, or the model's name. */
  readonly name: string;
  /** Where it asks a model: what that costs, and how long its answer to a question is at most. */
  readonly asks?: { price: Price | null; answerTokensMax: number };
  /** For each segment what is in it, in any order. Rejects with `DetectorFailure`. */
  detect(segments: readonly Segment[], looking: Looking): Promise<Detection[][]>;
}

/** A detector that could not look. */
export class DetectorFailure extends Error {
  override readonly name = "DetectorFailure";
  readonly code = "guardrail_unavailable";
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: { retryable: boolean; retryAfterMs?: number; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.retryable = options.retryable;
    this.retryAfterMs = options.retryAfterMs;
  }
}
