/** A task's log: append-only, numbered from 1 per task. Every stream replays it. */
import { z } from "zod";
import type { JsonObject } from "./json.ts";

/** Events of the task's own life. Handlers add their own types, which hold a dot as these do. */
export const TASK_EVENTS = [
  "task.submitted",
  "task.started", // {attempt, cause}
  "task.waiting", // {waits}
  "task.input_required", // {prompt, until}
  "task.input_received", // {messageId, prompt}
  "task.pausing", // {by, reason}: the command is taken
  "task.paused", // {checkpoint}: nothing of it runs any more
  "task.resumed", // {by}
  "task.retrying", // {error, until, failures}
  "task.progress", // {fraction, message}
  "task.details", // {patch}
  "task.completed", // {output}
  "task.failed", // {error}
  "task.cancelled", // {by, reason, wasPaused}
  "task.timed_out", // {error}
  "task.rejected", // {error}
  "step.completed", // {name, ms}
  "step.retrying", // {name, error, until, tries}
  "step.failed", // {name, error}
  "output.delta", // {text, agent}
  "output.restarted", // {step}: text sent so far by this step is void
  "artifact.updated", // {artifact, append, last}
  "usage.recorded", // {call}
] as const;

export const EVENT_TYPE = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/;

export type EventDraft = { type: string; data: JsonObject };

export type Event = EventDraft & { task: string; seq: number; at: number };

/** The event that ends every log; streams close after it. */
export const TERMINAL_EVENTS: ReadonlySet<string> = new Set([
  "task.completed",
  "task.failed",
  "task.cancelled",
  "task.timed_out",
  "task.rejected",
]);

export const eventType = z.string().regex(EVENT_TYPE).max(64);
