/** One journaled call of a handler, as callers read it. */
import { z } from "zod";
import type { Json } from "./json/json.ts";
import { type Failure, failure } from "./task.ts";
import { time } from "./time.ts";

/** Tries of a step that are kept, the last ones. */
export const TRIES_KEPT_MAX = 20;

/** One try of a step. Without an error it brought the result. */
const stepTry = z.strictObject({ startedAt: time, endedAt: time, error: failure.nullable() });

/** What is known of a call beside its result: the tries of a step that needed several or failed, the task that it began and when. */
export const stepTrace = z.strictObject({
  tries: z.array(stepTry).optional(),
  child: z.string().optional(),
  startedAt: time.optional(),
});
export type StepTrace = z.infer<typeof stepTrace>;

export type Step = {
  branch: string;
  position: number;
  name: string;
  kind: "step" | "sleep" | "input" | "child" | "effect" | "read" | "pause";
  state: "done" | "failed" | "waiting" | "retrying";
  tries: number;
  at: number;
  /** How long the body ran; null while it has not ended. */
  durationMs: number | null;
  result: Json;
  error: Failure | null;
  trace: StepTrace | null;
};
