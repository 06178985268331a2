/** Events of the task's own life: what `decide` makes of commands. */
import { z } from "zod";
import { jsonObject } from "../json/json.ts";
import { LOG_LEVELS } from "../text/log-line.ts";
import { time } from "../time.ts";
import { anyJson, failure, prompt, wait } from "./fields.ts";

/** Why an attempt begins. `resumed` goes on after a wait, a retry delay or a pause, `recovered` after the process died. */
export const START_CAUSES = ["first", "resumed", "recovered"] as const;

export const TASK_EVENTS = {
  "task.submitted": z.object({ kind: z.string(), title: z.string(), lens: z.string(), reason: z.string().optional() }),
  /** `worker` is the other program that claimed it. */
  "task.started": z.object({ attempt: z.int(), cause: z.enum(START_CAUSES), worker: z.string().optional() }),
  "task.waiting": z.object({ waits: z.array(wait) }),
  "task.input_required": z.object({ prompt, until: time.nullable() }),
  /** `prompt` is the name of the question that it answers. */
  "task.input_received": z.object({ messageId: z.string(), prompt: z.string().nullable(), by: z.string() }),
  /** The command is taken; what is in flight ends first: `running` names its steps. */
  "task.pausing": z.object({ by: z.string(), reason: z.string(), running: z.array(z.string()).optional() }),
  /** Nothing of it runs any more. */
  "task.paused": z.object({ checkpoint: z.string() }),
  "task.resumed": z.object({ by: z.string(), reason: z.string().optional() }),
  /** What the kind's own code says; `facts` may be cut. */
  "task.logged": z.object({
    level: z.enum(LOG_LEVELS),
    message: z.string(),
    facts: jsonObject,
    step: z.string().optional(),
  }),
  "task.retrying": z.object({ error: failure, until: time, failures: z.int() }),
  /** `fraction` is 0..1 and never falls. */
  "task.progress": z.object({ fraction: z.number(), message: z.string() }),
  "task.details": z.object({ patch: jsonObject }),
  "task.completed": z.object({ output: anyJson }),
  "task.failed": z.object({ error: failure }),
  "task.cancelled": z.object({ by: z.string(), reason: z.string(), wasPaused: z.boolean() }),
  "task.timed_out": z.object({ error: failure }),
  "task.rejected": z.object({ error: failure }),
};
