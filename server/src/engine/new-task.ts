/** A task as it begins: the one place that fills in its fields. */
import type { z } from "zod";
import { Refusal } from "../task/errors.ts";
import type { Handler } from "../task/handler.ts";
import type { Json } from "../task/json.ts";
import type { Part } from "../task/part.ts";
import { queuedTask } from "../task/queued-task.ts";
import type { Submission, submission } from "../task/submission.ts";
import { retryPolicy, type Task, TITLE_MAX } from "../task/task.ts";

import type { Ids } from "./ids.ts";

export type NewTask = {
  handler: Handler;
  tenant: string;
  user: string;
  lens: string;
  conversation: string | null;
  parent: string | null;
  retryOf: string | null;
  submission: z.output<typeof submission>;
};

/** Checks the input against its kind. Refuses `invalid`, naming the field. */
export function newTask(parts: NewTask, now: number, ids: Ids): { task: Task; message: Part[] | undefined } {
  const { handler, submission } = parts;
  const input = checkedInput(handler, submission.input);
  const { title, message } = handler.present(input);
  const { deadlineMs } = submission;
  const task = queuedTask({
    id: ids.taskId(now),
    tenant: parts.tenant,
    user: parts.user,
    kind: handler.kind,
    handlerVersion: handler.version,
    lens: parts.lens,
    title: cut(title, TITLE_MAX),
    input,
    conversation: parts.conversation,
    parent: parts.parent,
    retryOf: parts.retryOf,
    priority: submission.priority,
    concurrency: submission.concurrency ?? null,
    metadata: submission.metadata,
    budget: submission.budget ?? null,
    retry: submission.retry,
    createdAt: now,
    notBefore: submission.delayMs === undefined ? null : now + submission.delayMs,
    deadlineAt: deadlineMs === undefined ? null : now + deadlineMs,
    timeLimitMs: deadlineMs === undefined ? (handler.timeLimitMs?.(input) ?? null) : null,
  });
  return { task, message };
}

/** A submission with nothing but its kind and input. */
export function plainSubmission(kind: string, input: Json): z.output<typeof submission> & Submission {
  return { kind, input, priority: 0, retry: retryPolicy.parse({}), metadata: {} };
}

export function cut(text: string, max: number): string {
  const line = text
    .slice(0, max * 4)
    .replaceAll(/\s+/g, " ")
    .trim();
  // By code points, so that no character is cut in half.
  return line.length <= max ? line : `${[...line.slice(0, max * 2)].slice(0, max - 1).join("")}…`;
}

function checkedInput(handler: Handler, input: Json): Json {
  const parsed = handler.input.safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = ["input", ...(issue?.path ?? [])].join(".");
  throw new Refusal("invalid", `${field}: ${issue?.message ?? "does not fit its kind"}`, { field });
}
