/**
 * A task and its row. What is filtered on has a column; what never changes after the submit is the JSON `fixed`, the
 * rest the JSON `record`. The one reader turns all of it into a `Task` through the task's schema.
 */
import { z } from "zod";
import { type Json, type JsonObject, jsonObject } from "../../task/json.ts";
import { STATES } from "../../task/states.ts";
import { concurrency, dueAt, lease, NO_USAGE, type Task, task as taskSchema, wait } from "../../task/task.ts";
import type { OpenTask } from "../store.ts";

/** What a field holds that is left out: most tasks have most fields like this, and shorter rows are faster ones. */
const FIXED_BLANK = {
  retryOf: null,
  priority: 0,
  concurrency: null,
  metadata: {},
  budget: null,
  notBefore: null,
  timeLimitMs: null,
};
const RECORD_BLANK = {
  failures: 0,
  crashes: 0,
  startedAt: null,
  deadlineAt: null,
  progressMessage: "",
  details: {},
  usage: NO_USAGE,
  waits: [],
  lease: null,
  pausedBy: null,
  cancelledBy: null,
};

export function fixedOf(task: Task): string {
  return JSON.stringify({
    handlerVersion: task.handlerVersion,
    lens: task.lens,
    title: task.title,
    retry: task.retry,
    retryOf: task.retryOf ?? undefined,
    priority: task.priority || undefined,
    concurrency: task.concurrency ?? undefined,
    metadata: filled(task.metadata),
    budget: task.budget ?? undefined,
    notBefore: task.notBefore ?? undefined,
    timeLimitMs: task.timeLimitMs ?? undefined,
  });
}

export function recordOf(task: Task): string {
  return JSON.stringify({
    stateChangedAt: task.stateChangedAt,
    updatedAt: task.updatedAt,
    failures: task.failures || undefined,
    crashes: task.crashes || undefined,
    startedAt: task.startedAt ?? undefined,
    deadlineAt: task.deadlineAt ?? undefined,
    progressMessage: task.progressMessage || undefined,
    details: filled(task.details),
    usage: task.usage.calls === 0 ? undefined : task.usage,
    waits: task.waits.length === 0 ? undefined : task.waits,
    lease: task.lease ?? undefined,
    pausedBy: task.pausedBy ?? undefined,
    cancelledBy: task.cancelledBy ?? undefined,
    resumesAs: task.state === "paused" ? task.resumesAs : undefined,
    error: "error" in task ? task.error : undefined,
  });
}

function filled(object: JsonObject): JsonObject | undefined {
  for (const _ in object) return object;
  return undefined;
}

/** The columns of `task-columns.ts`, as far as the schema of a task does not check them itself. */
const taskRow = z.array(z.unknown()).length(19);
const text = z.string();
const nullableText = text.nullable();

/** The values of a row that may be behind a marker, as their stored text. */
export type StoredTask = { fields: Record<string, unknown>; input: string; output: string | null };

export function readTaskRow(row: unknown): StoredTask {
  const columns = taskRow.parse(row);
  const [, id, tenant, user, kind, state, conversation, parent, revision, attempt, lastSeq, progress] = columns;
  const [createdAt, endedAt, deletedAt, record, output, fixed, input] = columns.slice(12);
  const fields = {
    ...FIXED_BLANK,
    ...jsonObject.parse(JSON.parse(text.parse(fixed))),
    ...RECORD_BLANK,
    ...jsonObject.parse(JSON.parse(text.parse(record))),
    id,
    tenant,
    user,
    kind,
    state,
    conversation,
    parent,
    revision,
    attempt,
    lastSeq,
    progress,
    createdAt,
    endedAt,
    deletedAt,
  };
  return { fields, input: text.parse(input), output: output === null ? null : text.parse(output) };
}

export function taskOf(stored: StoredTask, values: { input: Json; output?: Json }): Task {
  return taskSchema.parse({ ...stored.fields, ...values });
}

const nullableTime = z.int().nullable();
const openRow = z.tuple([
  text,
  text,
  text,
  z.enum(STATES),
  nullableText,
  nullableText,
  z.int(),
  nullableTime,
  nullableTime,
  nullableTime,
  nullableText,
  nullableText,
  nullableText,
]);
const waits = z.array(wait);

export function openTaskOf(row: unknown): OpenTask {
  const [id, tenant, kind, state, conversation, parent, createdAt, priority, notBefore, deadlineAt, ...texts] =
    openRow.parse(row);
  const [concurrencyText, waitsText, leaseText] = texts;
  const limited = concurrencyText === null ? null : concurrency.parse(JSON.parse(concurrencyText));
  const waiting = waitsText === null ? [] : waits.parse(JSON.parse(waitsText));
  const held = leaseText === null ? null : lease.parse(JSON.parse(leaseText));
  return {
    id,
    tenant,
    kind,
    state,
    conversation,
    parent,
    priority: priority ?? 0,
    createdAt,
    dueAt: dueAt({ state, notBefore, waits: waiting, lease: held }),
    deadlineAt,
    concurrencyKey: limited?.key ?? null,
    concurrencyLimit: limited?.limit ?? 0,
    awaits: waiting.flatMap((wait) => (wait.on === "child" ? [wait.child] : [])),
    ready: state === "queued" || (state === "waiting" && waiting.every((wait) => wait.on === "slot")),
  };
}
