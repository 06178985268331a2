/** One journaled call of a handler, as callers read it. */
import type { Json } from "./json.ts";
import type { Failure } from "./task.ts";

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
};
