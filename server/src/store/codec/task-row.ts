/**
 * A task and its row. What is filtered on has a column; what never changes after the submit is the JSON `fixed`, all
 * the rest the JSON `record`, also what only a newer version knows. The one reader turns all of it into a `Task`
 * through the task's schema.
 */
import { z } from "zod";
import { isJsonObject, type Json, type JsonObject, STORED_DEPTH_MAX } from "../../task/json/json.ts";
import {
  awaitsChild,
  isInTurn,
  isReady,
  isStanding,
  type NumberedTasks,
  type OpenTask,
  wakesAt,
} from "../../task/open-task.ts";
import { queuedTask } from "../../task/queued-task.ts";
import { STATES } from "../../task/states.ts";
import { type Task, task as taskSchema } from "../../task/task.ts";
import { MOMENT_MAX } from "../../task/time.ts";
import { text } from "./cells.ts";
import { parseTolerantly } from "./tolerant.ts";

/** Fields that have a column, or that only some states have. */
const APART = [
  "id",
  "number",
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
  "trace",
  "depth",
  "priority",
  "concurrency",
  "multitaskStrategy",
  "metadata",
  "boundBy",
  "models",
  "tier",
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
 * what begins as nothing (null, zero, empty) may be left out, since old rows rest on it. All tasks that are read share them.
 */
export const BLANK: Readonly<Record<string, unknown>> = Object.fromEntries(
  Object.entries(BEGINNING).flatMap(([field, value]) => (isNothing(value) ? [[field, Object.freeze(value)]] : [])),
);

function isNothing(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.values(value).every((inner) => inner === 0);
  return value === null || value === 0 || value === "";
}

/** Looked up and written once: a lookup for each field of each row took 1.5 us a task, of 4. */
const written = (fields: readonly string[]) =>
  fields.map((field) => ({ field, blank: BLANK[field], key: `${JSON.stringify(field)}:` }));
const FIXED_FIELDS = written(FIXED);
const RECORD_FIELDS = written(RECORD);

export function fixedOf(task: Task): string {
  return `{${membersOf(task, FIXED_FIELDS)}}`;
}

export function recordOf(task: Task): string {
  let members = membersOf(task, RECORD_FIELDS);
  const add = (field: string, value: unknown) => {
    const text = JSON.stringify(value);
    if (text !== undefined) members += `${members === "" ? "" : ","}${JSON.stringify(field)}:${text}`;
  };
  if (task.state === "paused") add("resumesAs", task.resumesAs);
  if ("error" in task) add("error", task.error);
  const ofState = task.state === "paused" || task.state === "completed" || "error" in task ? 1 : 0;
  // Looking each field up takes as long as all the rest, and few tasks have one that this version does not know.
  if (countOfKeys(task) !== KNOWN_IN_ALL_STATES + ofState) {
    for (const [field, value] of Object.entries(task)) if (!KNOWN.has(field)) add(field, value);
  }
  return `{${members}}`;
}

/** Without a list of them, which is made anew for each row. */
function countOfKeys(object: object): number {
  let count = 0;
  for (const _ in object) count += 1;
  return count;
}

/** Those that are not blank, as JSON writes them. An object that is made for `JSON.stringify` alone costs half as much again. */
function membersOf(task: Readonly<Record<string, unknown>>, fields: typeof FIXED_FIELDS): string {
  let members = "";
  for (const { field, blank, key } of fields) {
    const value = task[field];
    const text = isBlank(value, blank) ? undefined : typeof value === "number" ? String(value) : JSON.stringify(value);
    if (text !== undefined) members += members === "" ? key + text : `,${key}${text}`;
  }
  return members;
}

/** Compares one level deep: no blank has more. */
function isBlank(value: unknown, blank: unknown): boolean {
  if (value === blank) return true;
  if (typeof value !== "object" || typeof blank !== "object" || value === null || blank === null) return false;
  for (const key in value) if (Reflect.get(value, key) !== Reflect.get(blank, key)) return false;
  return true;
}

/** The number of `TASK_COLUMNS`. */
const COLUMN_COUNT = 20;

/** A row before the schema of a task has seen it. The values may be behind a marker, and are as their stored text. */
export type StoredTask = {
  /** What stands in columns of its own. */
  columns: Record<string, unknown>;
  /** What `fixed` and `record` say. */
  said: JsonObject;
  input: string;
  output: string | null;
  tenant: string;
};

export function readTaskRow(row: unknown): StoredTask {
  if (!Array.isArray(row) || row.length !== COLUMN_COUNT) throw new Error("A row of a task has other columns.");
  const all: readonly unknown[] = row;
  const [number, id, tenant, user, kind, state, conversation, parent, revision, attempt, lastSeq, progress] = all;
  const [createdAt, endedAt, deletedAt, queue, record, output, fixed, input] = all.slice(12);
  const identity = { id, number, tenant, user, kind, state, conversation, parent, queue };
  return {
    columns: { ...identity, revision, attempt, lastSeq, progress, createdAt, endedAt, deletedAt },
    said: { ...objectIn(fixed), ...objectIn(record) },
    input: textIn(input),
    output: output === null ? null : textIn(output),
    tenant: String(tenant),
  };
}

function objectIn(column: unknown): JsonObject {
  const value: unknown = JSON.parse(textIn(column));
  if (isJsonObject(value, STORED_DEPTH_MAX)) return value;
  throw new Error("is no JSON object");
}

function textIn(column: unknown): string {
  if (typeof column === "string") return column;
  throw new Error("is no text");
}

export function taskOf({ columns, said }: StoredTask, values: { input: Json; output?: Json }): Task {
  const fields = { ...BLANK, ...said, ...columns, ...values };
  return isRead(fields, { ...said, ...values }) ? fields : parseTolerantly(taskSchema, fields);
}

/** The schemas of all fields of a task in each state. */
const SCHEMAS: ReadonlyMap<unknown, ReadonlyMap<string, z.ZodType>> = new Map(
  taskSchema.options.flatMap(({ shape }) => {
    const schemas = new Map<string, z.ZodType>(Object.entries(shape));
    return STATES.filter((state) => shape.state.safeParse(state).success).map((state) => [state, schemas] as const);
  }),
);

/**
 * Whether it is a task, each field of which is then as its schema reads it. Most are blank, and need no look, or plain
 * columns: to have the schema of the whole look at all of them and copy them took four times as long.
 */
function isRead(fields: Record<string, unknown>, others: Readonly<Record<string, unknown>>): fields is Task {
  const schemas = SCHEMAS.get(fields["state"]);
  if (schemas === undefined || countOfKeys(fields) !== schemas.size || !hasPlainColumns(fields)) return false;
  for (const name in others) {
    if (COLUMNS.has(name)) continue;
    const read = schemas.get(name)?.safeParse(others[name]);
    if (!read?.success) return false;
    fields[name] = read.data;
  }
  return true;
}

const TEXTS = ["id", "tenant", "user", "kind"];
const MAYBE_TEXTS = ["conversation", "parent", "queue"];
const COUNTS = ["number", "revision", "attempt", "lastSeq"];
const MAYBE_TIMES = ["endedAt", "deletedAt"];
const COLUMNS: ReadonlySet<string> = new Set([
  ...TEXTS,
  ...MAYBE_TEXTS,
  ...COUNTS,
  ...MAYBE_TIMES,
  "createdAt",
  "state",
  "progress",
]);

function hasPlainColumns(fields: Readonly<Record<string, unknown>>): boolean {
  return (
    TEXTS.every((name) => typeof fields[name] === "string") &&
    MAYBE_TEXTS.every((name) => fields[name] === null || typeof fields[name] === "string") &&
    COUNTS.every((name) => isCount(fields[name])) &&
    isMoment(fields["createdAt"]) &&
    MAYBE_TIMES.every((name) => fields[name] === null || isMoment(fields[name])) &&
    Number.isFinite(fields["progress"])
  );
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** As `time` of the schemas has it. */
function isMoment(value: unknown): boolean {
  return isCount(value) && value <= MOMENT_MAX;
}

/** The reasons of a task's waits as their column has them, and back. */
export function reasonsText(reasons: readonly string[]): string | null {
  return reasons.length === 0 ? null : reasons.join(",");
}

/** The number of `OPEN_COLUMNS`. */
const OPEN_COLUMN_COUNT = 15;
const STATE_NAMES: ReadonlyMap<string, Task["state"]> = new Map(STATES.map((state) => [state, state]));

/**
 * A row of the columns `OPEN_COLUMNS`. A start goes over every open task, so that its columns are looked at one by one: a
 * schema took 2 us a row.
 */
export function openTaskOf(row: unknown): OpenTask {
  if (!Array.isArray(row) || row.length !== OPEN_COLUMN_COUNT)
    throw new Error("A row of an open task has other columns.");
  const columns: readonly unknown[] = row;
  const state = STATE_NAMES.get(textAt(columns, 3));
  if (state === undefined) throw new Error("An open task is in no state that there is.");
  const reasons = textOrNull(columns, 13);
  const on = reasons === null ? NO_TEXTS : reasons.split(",");
  const concurrencyLimit = integerOrNull(columns, 12) ?? 0;
  const conversation = textOrNull(columns, 4);
  const parent = textOrNull(columns, 5);
  const deadlineAt = integerOrNull(columns, 8);
  const queue = textOrNull(columns, 9);
  const dueAt = integerOrNull(columns, 10);
  const concurrencyKey = textOrNull(columns, 11);
  // Below zero it is of a task that has its key to its end.
  const concurrencyToEnd = concurrencyLimit < 0;
  const schedule = { state, parent, conversation, queue, dueAt, deadlineAt, concurrencyKey, concurrencyToEnd };
  return {
    id: textAt(columns, 0),
    number: integerAt(columns, 14),
    tenant: shared(textAt(columns, 1)),
    kind: shared(textAt(columns, 2)),
    state,
    conversation,
    parent,
    priority: integerAt(columns, 6),
    createdAt: integerAt(columns, 7),
    deadlineAt,
    queue,
    dueAt,
    concurrencyKey,
    concurrencyLimit: Math.abs(concurrencyLimit),
    concurrencyToEnd,
    awaitsChild: awaitsChild(on),
    ready: isReady(state, on),
    inTurn: isInTurn(on),
    standing: isStanding(on),
    wakesAt: wakesAt(schedule, on),
  };
}

/** Tasks of one kind and state, and of one queue where they wait in one. */
export function numberedOf<Next>(page: { those: unknown[]; next: Next }): { those: NumberedTasks[]; next: Next } {
  const those = page.those.map((row) => {
    const [kind, state, tenant, queue, numbers] = numberedRow.parse(row);
    return { kind, state, queue: tenant === null || queue === null ? null : { tenant, queue }, numbers };
  });
  return { those, next: page.next };
}

const numberedRow = z.tuple([text, z.enum(STATES), text.nullable(), text.nullable(), z.array(z.number())]);

const NO_TEXTS: readonly string[] = [];

function textAt(columns: readonly unknown[], at: number): string {
  const value = columns[at];
  if (typeof value === "string") return value;
  throw new Error(`Column ${at + 1} of an open task is no text.`);
}

function textOrNull(columns: readonly unknown[], at: number): string | null {
  return columns[at] === null ? null : textAt(columns, at);
}

function integerAt(columns: readonly unknown[], at: number): number {
  const value = columns[at];
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw new Error(`Column ${at + 1} of an open task is no integer.`);
}

function integerOrNull(columns: readonly unknown[], at: number): number | null {
  return columns[at] === null ? null : integerAt(columns, at);
}

/** Names that thousands of rows have are there once. */
const sharedNames = new Map<string, string>();
const SHARED_NAMES_MAX = 10_000;

function shared(name: string): string {
  const known = sharedNames.get(name);
  if (known !== undefined) return known;
  if (sharedNames.size < SHARED_NAMES_MAX) sharedNames.set(name, name);
  return name;
}
