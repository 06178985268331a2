/**
 * A task and its row. What is filtered on has a column; what never changes after the submit is the JSON `fixed`, all
 * the rest the JSON `record`, also what only a newer version knows. The one reader turns all of it into a `Task`
 * through the task's schema.
 */
import { z } from "zod";
import { type Json, storedObject } from "../../task/json.ts";
import { isReady, isStanding, type OpenTask } from "../../task/open-task.ts";
import { queuedTask } from "../../task/queued-task.ts";
import { STATES } from "../../task/states.ts";
import { type Task, task as taskSchema } from "../../task/task.ts";
import { parseTolerantly } from "./tolerant.ts";

/** Fields that have a column, or that only some states have. */
const APART = [
  "id",
  "tenant",
  "user",
  "kind",
  "state",
  "conversation",
  "parent",
  "queue",
  "revision",
  "attempt",
  "lastSeq",
  "progress",
  "createdAt",
  "endedAt",
  "deletedAt",
  "input",
  "output",
  "error",
  "resumesAs",
];

const FIXED = [
  "lens",
  "title",
  "retry",
  "retryOf",
  "depth",
  "priority",
  "concurrency",
  "metadata",
  "budget",
  "notBefore",
  "timeLimitMs",
];

/** A task as it begins; what every submit names is never nothing. */
const BEGINNING: Readonly<Record<string, unknown>> = queuedTask({
  id: "-",
  tenant: "-",
  user: "-",
  kind: "-",
  title: "-",
  input: "-",
  createdAt: 1,
});
const RECORD = Object.keys(BEGINNING).filter((field) => !APART.includes(field) && !FIXED.includes(field));
const KNOWN: ReadonlySet<string> = new Set([...APART, ...FIXED, ...RECORD]);
const KNOWN_IN_ALL_STATES = Object.keys(BEGINNING).length;

/**
 * What a field holds that is left out: most tasks have most fields like this, and shorter rows are faster ones. Only
 * what begins as nothing (null, zero, empty) may be left out, since old rows rest on it.
 */
export const BLANK: Readonly<Record<string, unknown>> = Object.fromEntries(
  Object.entries(BEGINNING).filter(([, value]) => isNothing(value)),
);

function isNothing(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.values(value).every((inner) => inner === 0);
  return value === null || value === 0 || value === "";
}

/** Looked up once: a lookup for each field of each row took 1.5 us a task, of 4. */
const withBlank = (fields: readonly string[]) => fields.map((field) => ({ field, blank: BLANK[field] }));
const FIXED_FIELDS = withBlank(FIXED);
const RECORD_FIELDS = withBlank(RECORD);

export function fixedOf(task: Task): string {
  return JSON.stringify(filled(task, FIXED_FIELDS));
}

export function recordOf(task: Task): string {
  const record = filled(task, RECORD_FIELDS);
  if (task.state === "paused") record["resumesAs"] = task.resumesAs;
  if ("error" in task) record["error"] = task.error;
  // Looking each field up takes as long as all the rest, and few tasks have one that others lack.
  if (Object.keys(task).length !== KNOWN_IN_ALL_STATES) {
    for (const [field, value] of Object.entries(task)) if (!KNOWN.has(field)) record[field] = value;
  }
  return JSON.stringify(record);
}

function filled(task: Readonly<Record<string, unknown>>, fields: typeof FIXED_FIELDS): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const { field, blank } of fields) {
    const value = task[field];
    if (!isBlank(value, blank)) object[field] = value;
  }
  return object;
}

/** Compares one level deep: no blank has more. */
function isBlank(value: unknown, blank: unknown): boolean {
  if (value === blank) return true;
  if (typeof value !== "object" || typeof blank !== "object" || value === null || blank === null) return false;
  for (const key in value) if (Reflect.get(value, key) !== Reflect.get(blank, key)) return false;
  return true;
}

/** The columns of `TASK_COLUMNS`, as far as the schema of a task does not check them itself. */
const taskRow = z.array(z.unknown()).length(20);
const text = z.string();
const nullableText = text.nullable();

/** The values of a row that may be behind a marker, as their stored text. */
export type StoredTask = { fields: Record<string, unknown>; input: string; output: string | null };

export function readTaskRow(row: unknown): StoredTask {
  const columns = taskRow.parse(row);
  const [, id, tenant, user, kind, state, conversation, parent, revision, attempt, lastSeq, progress] = columns;
  const [createdAt, endedAt, deletedAt, queue, record, output, fixed, input] = columns.slice(12);
  const fields = {
    ...BLANK,
    ...storedObject.parse(JSON.parse(text.parse(fixed))),
    ...storedObject.parse(JSON.parse(text.parse(record))),
    id,
    tenant,
    user,
    kind,
    state,
    conversation,
    parent,
    queue,
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
  return parseTolerantly(taskSchema, { ...stored.fields, ...values });
}

const nullableInteger = z.int().nullable();

/** The columns of `OPEN_COLUMNS`, in its order. */
const openRow = z.object({
  id: text,
  tenant: text,
  kind: text,
  state: z.enum(STATES),
  conversation: nullableText,
  parent: nullableText,
  priority: z.int(),
  createdAt: z.int(),
  deadlineAt: nullableInteger,
  queue: nullableText,
  dueAt: nullableInteger,
  concurrencyKey: nullableText,
  concurrencyLimit: nullableInteger,
  reasons: nullableText,
  awaits: nullableText,
});
const OPEN_FIELDS = Object.keys(openRow.shape);
const openColumns = z.array(z.unknown()).length(OPEN_FIELDS.length);
const ids = z.array(text);

/** The reasons of a task's waits as their column has them, and back. */
export function reasonsText(reasons: readonly string[]): string | null {
  return reasons.length === 0 ? null : reasons.join(",");
}

export function openTaskOf(row: unknown): OpenTask {
  const columns = openColumns.parse(row);
  const named: Record<string, unknown> = {};
  for (const [at, field] of OPEN_FIELDS.entries()) named[field] = columns[at];
  const { reasons, awaits, concurrencyLimit, ...facts } = openRow.parse(named);
  const on = reasons === null ? [] : reasons.split(",");
  return Object.assign(facts, {
    concurrencyLimit: concurrencyLimit ?? 0,
    awaits: awaits === null ? [] : ids.parse(JSON.parse(awaits)),
    ready: isReady(facts.state, on),
    standing: isStanding(on),
  });
}
