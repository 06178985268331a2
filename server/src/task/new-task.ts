/** A task made of a submission: the one place that fills in its fields. */
import type { z } from "zod";
import { Refusal } from "./errors.ts";
import type { Handler, Presentation } from "./handler.ts";
import type { TaskId } from "./id.ts";
import type { Json } from "./json.ts";
import type { Part } from "./part.ts";
import { type QueuedTask, queuedTask } from "./queued-task.ts";
import type { Submission, submission } from "./submission.ts";
import { retryPolicy, TITLE_MAX } from "./task.ts";

export type NewTask = {
  handler: Handler;
  tenant: string;
  user: string;
  lens: string;
  conversation: string | null;
  parent: TaskId | null;
  retryOf: TaskId | null;
  submission: z.output<typeof submission>;
};

/** Checks the input against its kind. Throws `invalid`, naming the field. `message` is what it adds to its conversation. */
export function newTask(parts: NewTask, id: TaskId, now: number): { task: QueuedTask; message: Part[] | undefined } {
  const { handler, submission } = parts;
  const { input, title, message } = presented(handler, submission.input);
  const { deadlineMs } = submission;
  const task = queuedTask({
    id,
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
    queue: handler.queueOf?.(input) ?? null,
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

/** The input as its kind completes it, and what the outside sees of it. Throws `invalid`, naming the field. */
export function presented(handler: Handler, given: Json): Presentation & { input: Json } {
  const parsed = handler.input.safeParse(given);
  if (parsed.success) return { input: parsed.data, ...handler.present(parsed.data) };
  const issue = parsed.error.issues[0];
  const field = ["input", ...(issue?.path ?? [])].join(".");
  throw new Refusal("invalid", `${field}: ${issue?.message ?? "does not fit its kind"}`, { field });
}

/** The text in one line of at most `max` characters. */
export function cut(text: string, max: number): string {
  const line = text
    .slice(0, max * 4)
    .replaceAll(/\s+/g, " ")
    .trim();
  // By code points, so that no character is cut in half.
  return line.length <= max ? line : `${[...line.slice(0, max * 2)].slice(0, max - 1).join("")}…`;
}
