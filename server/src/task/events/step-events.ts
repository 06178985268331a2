/** Events of the work that runs: its steps, and what they give out while they run. The engine writes them. */
import { z } from "zod";
import { time } from "../time.ts";
import { artifact, failure, usageCall } from "./fields.ts";

export const STEP_EVENTS = {
  "step.completed": z.object({ name: z.string(), ms: z.number() }),
  "step.retrying": z.object({ name: z.string(), error: failure, until: time, tries: z.int() }),
  "step.failed": z.object({ name: z.string(), error: failure }),
  /** Live text. `agent` is "" where only one speaks. */
  "output.delta": z.object({ text: z.string(), agent: z.string(), step: z.string().optional() }),
  /** The text that this step has sent so far is void. */
  "output.restarted": z.object({ step: z.string() }),
  "artifact.updated": z.object({ artifact, append: z.boolean(), last: z.boolean() }),
  "usage.recorded": z.object({ call: usageCall }),
};
