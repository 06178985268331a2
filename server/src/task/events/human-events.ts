/** Events of what people do with a task. */
import { z } from "zod";
import { identity } from "../people/identity.ts";
import { time } from "../time.ts";

const identities = z.array(identity.strip());
const scope = z.string();

export const HUMAN_EVENTS = {
  /** `state` is that of the assignment after it, `to` whom it went to by it. */
  "human.acted": z.object({
    act: z.string(),
    by: z.string(),
    state: z.string(),
    outcome: z.string().nullable(),
    to: identities,
    stage: z.int(),
    comment: z.string().nullable(),
    scope,
  }),
  /** The due date has passed; nobody in `to`: it was escalated to nobody. */
  "human.overdue": z.object({ dueAt: time, to: identities }),
  "human.commented": z.object({ by: z.string(), text: z.string(), scope }),
  "human.attached": z.object({ by: z.string(), name: z.string(), mediaType: z.string(), bytes: z.number(), scope }),
  "human.detached": z.object({ by: z.string(), name: z.string() }),
};
