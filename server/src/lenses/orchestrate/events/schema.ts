/** The events of a run as clients are sent them. */
import { z } from "zod";
import { jsonObject } from "../../../task/json/json.ts";
import { named } from "../../openapi.ts";

const anyObject = jsonObject.meta({ wire: { type: "object", additionalProperties: true } });

const RUN_EVENTS = [
  "run.started",
  "run.completed",
  "run.failed",
  "run.expired",
  "run.cancelled",
  "run.step.delta",
  "run.step.intermediate",
  "message.created",
  "message.started",
  "message.delta",
  "message.completed",
  "message.interrupt",
  "flow.slot.listen",
  "done",
] as const;

export const runEvent = named(z.object({ id: z.string(), event: z.enum(RUN_EVENTS), data: anyObject }), "RunEvent");
export type RunEvent = z.output<typeof runEvent>;
