/** The new task as which an expired task of people begins anew. */
import type { Handler } from "../../task/handler.ts";
import type { JsonObject } from "../../task/json/json.ts";
import { type NewTask, plainSubmission } from "../../task/new-task.ts";
import { humanInput } from "../../task/people/human.ts";
import type { Task } from "../../task/task.ts";
import { traceOfChild } from "../../task/trace.ts";

/** Its dates are as far in the future as before; `expiresAt` replaces its expiry. */
export function renewedTask(task: Task, handler: Handler, expiresAt: number | undefined, now: number): NewTask {
  const input = humanInput.parse(task.input);
  const { lens, tenant, user, conversation, priority, metadata, assignment, createdAt, models } = task;
  const later = (moment: string) => new Date(now + Date.parse(moment) - createdAt).toISOString();
  const renewed: JsonObject = {
    ...JSON.parse(JSON.stringify(input)),
    payload: assignment?.payload ?? input.payload,
    ...(input.due_at !== undefined && { due_at: later(input.due_at) }),
    ...(input.expires_at !== undefined && { expires_at: later(input.expires_at) }),
    ...(expiresAt !== undefined && { expires_at: new Date(expiresAt).toISOString() }),
  };
  return {
    handler,
    submission: { ...plainSubmission(task.kind, renewed), priority, metadata },
    ...{ lens, tenant, user, conversation, parent: null, retryOf: task.id, trace: traceOfChild(task), models },
    renewed: { number: assignment?.number ?? task.number, first: assignment?.first ?? task.id },
  };
}
