/** Background tasks as clients begin and are sent them. */
import { z } from "zod";
import { named } from "../../openapi.ts";
import { dict, maybe, text } from "../pydantic.ts";
import { TASK_STATUSES } from "../vocabulary.ts";

const anyObject = z.record(z.string(), z.unknown());

export const backgroundTask = named(
  z.object({
    task_id: z.string(),
    task_name: z.string().nullable(),
    status: z.enum(TASK_STATUSES),
    task_args: anyObject.nullable(),
    result: z.string().nullable(),
  }),
  "BackgroundTaskOut",
);
export type BackgroundTask = z.output<typeof backgroundTask>;

export const createTask = named(z.object({ task_name: text, task_args: maybe(dict) }), "BackgroundTaskCreate");

/** What an operation answers with that has begun a background task. */
export const taskBegun = named(
  z.object({ task_id: z.string(), task_name: z.string(), status: z.enum(TASK_STATUSES), task_obj: z.unknown() }),
  "BackgroundTaskBegun",
);
