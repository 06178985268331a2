/** The bytes of a task's answer, made once for each revision: reading a task is the hot path. */
import type { Task } from "../../task/task.ts";
import { JSON_TYPE } from "../route.ts";
import { wireTask } from "./translate.ts";

type Headers = { "content-type": string; etag: string; "cache-control": string };
export type EncodedTask = { bytes: Buffer; headers: Headers };

/** Keyed by the object itself: a task that changes is another object, and one that is forgotten takes its bytes along. */
const encoded = new WeakMap<Task, EncodedTask>();

export function encodedTask(task: Task): EncodedTask {
  let known = encoded.get(task);
  if (known === undefined) {
    known = { bytes: Buffer.from(textOf(task)), headers: headersOf(task) };
    encoded.set(task, known);
  }
  return known;
}

/** The answer of whatever gives a task back. Many are never read again, so that nothing of it is kept. */
export function taskAnswer(status: number, task: Task, headers: Record<string, string> = {}) {
  const bytes = encoded.get(task)?.bytes ?? textOf(task);
  return { status, bytes, headers: { ...headersOf(task), ...headers } };
}

function textOf(task: Task): string {
  return JSON.stringify(wireTask(task));
}

function headersOf(task: Task): Headers {
  // Progress is shown before it is committed, so the revision alone does not name the bytes.
  const etag = `"${task.id.slice(-12)}-${task.revision}-${Math.round(task.progress * 1_000)}"`;
  return { "content-type": JSON_TYPE, etag, "cache-control": "private, no-cache" };
}
