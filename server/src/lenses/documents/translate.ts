/**
 * A task as this wire tells it: seven members, in this order, always. Where the two worlds differ:
 *
 * - The wire has five statuses: a task that is paused or waits, for a person too, is `in_progress`; `data.paused` says so.
 * - Times are whole seconds. `progress` has a decimal point, and is 1.0 when completed alone.
 * - `data.operation` is the kind. What a handler has told of itself, and at the end its output, stand beside it, in snake
 *   case; the files and stores that it is about are called by the ids that their owner gave them.
 * - A task of another kind is told likewise: what came out of it is `data.output`.
 */
import { isJsonObject, type Json, type JsonObject } from "../../task/json/json.ts";
import { pauseSentenceOf } from "../../task/pause.ts";
import { isTerminal } from "../../task/states.ts";
import type { Task } from "../../task/task.ts";
import { DETAIL_NAMES, failureReason, isDocumentKind, STATUS_OF, type Status } from "./vocabulary.ts";

export type TaskObject = {
  id: string;
  status: Status;
  /** 0..1. */
  progress: number;
  data: JsonObject;
  created_at: number;
  updated_at: number;
  failure_reason: string | null;
};

/** Of a task that is not completed: one that is nearly done is not done. */
const PROGRESS_MAX = 0.999;

export function seconds(ms: number): number {
  return Math.floor(ms / 1_000);
}

/** `id` is what the client calls it. */
export function taskObject(task: Task, id: string = task.id): TaskObject {
  return {
    id,
    status: STATUS_OF[task.state],
    progress: task.state === "completed" ? 1 : Math.min(task.progress, PROGRESS_MAX),
    data: dataOf(task),
    created_at: seconds(task.createdAt),
    updated_at: seconds(task.updatedAt),
    failure_reason: reasonOf(task),
  };
}

/** As text: JSON has one notation for numbers, and this wire's `progress` has a decimal point. */
export function taskText(task: TaskObject): string {
  const members = Object.entries(task).map(([name, value]) => {
    const text = JSON.stringify(value);
    return `${JSON.stringify(name)}:${name === "progress" && Number.isInteger(value) ? `${text}.0` : text}`;
  });
  return `{${members.join(",")}}`;
}

/** What a client is told of when to ask again; nothing once there is nothing to wait for. */
export function pollHeaders(isFinal: boolean): Record<string, string> {
  return isFinal ? {} : { "openai-poll-after-ms": "250" };
}

export function isFinal(task: Task): boolean {
  return isTerminal(task.state);
}

function dataOf(task: Task): JsonObject {
  const output = task.state === "completed" ? task.output : null;
  const pause = pauseSentenceOf(task);
  const paused = pause !== null && { paused: pause };
  if (!isDocumentKind(task.kind)) return { operation: task.kind, ...(output !== null && { output }), ...paused };
  const { unknownOptions, warnings, ...details } = { ...task.details, ...(isJsonObject(output) ? output : {}) };
  const told = [...unknownIn(unknownOptions), ...(Array.isArray(warnings) ? warnings : [])];
  return {
    operation: task.kind,
    ...subjectOf(task.metadata),
    ...snakeCased(details),
    ...(told.length > 0 && { warnings: told }),
    ...(task.parent !== null && { parent_task_id: task.parent }),
    ...paused,
  };
}

/** What the task was begun about. */
function subjectOf({ file_id, vector_store_id }: JsonObject): JsonObject {
  return {
    ...(typeof file_id === "string" && { file_id }),
    ...(typeof vector_store_id === "string" && { vector_store_id }),
  };
}

function unknownIn(options: Json | undefined): Json[] {
  if (!Array.isArray(options)) return [];
  return options.map((name) => ({ code: "unknown_option", message: `There is no option ${String(name)}.` }));
}

/** Without what is null: it is over. */
function snakeCased(details: JsonObject): JsonObject {
  const names = Object.entries(details).flatMap(([name, value]) =>
    value === undefined || value === null ? [] : [[DETAIL_NAMES[name] ?? snake(name), value] as const],
  );
  return Object.fromEntries(names);
}

function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function reasonOf(task: Task): string | null {
  if (!("error" in task)) return null;
  const { code, message } = task.error;
  return isDocumentKind(task.kind) ? failureReason(code, message) : message || code;
}
