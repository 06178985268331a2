/**
 * The text of a task's answer, made once for each revision: reading a task is the hot path. Those of a task that has
 * begun others are made anew, since what these spend changes nothing of the task itself; and those with a stack, which
 * only some may see; and long ones, which are made in pieces as they are sent.
 */
import { Readable } from "node:stream";
import type { Principal } from "../../task/principal.ts";
import type { Task, UsageTotals } from "../../task/task.ts";
import type { Verbs } from "../../verbs/verbs.ts";
import { jsonBody } from "../body/json-body.ts";
import { type Answer, JSON_TYPE } from "../route.ts";
import type { TaskWire } from "./schema.ts";
import { wireTask } from "./translate.ts";

type Headers = { "content-type": string; etag: string; "cache-control": string; "content-length"?: string };
/** A text goes out with its head in one piece, and so faster than bytes that are ready. */
export type EncodedTask = { bytes: string | Readable; headers: Headers };
/** Who asks for it. */
type Asking = { verbs: Verbs; principal: Principal };

/** Keyed by the object itself: a task that changes is another object, and one that is forgotten takes its text along. */
const encoded = new WeakMap<Task, EncodedTask>();

export function encodedTask(task: Task, asking: Asking): EncodedTask | Promise<EncodedTask> {
  if (isOfItsReader(task)) return forReader(task, asking);
  const known = encoded.get(task);
  if (known !== undefined) return known;
  const made = encode(task, task.usage);
  if (made.bytes instanceof Readable) return made;
  made.headers["content-length"] = String(Buffer.byteLength(made.bytes));
  encoded.set(task, made);
  return made;
}

/** The answer of whatever gives a task back. Many are never read again, so that nothing of it is kept. */
export function taskAnswer(
  asking: Asking,
  status: number,
  task: Task,
  headers: Record<string, string> = {},
): Answer | Promise<Answer> {
  const answer = (bytes: EncodedTask["bytes"], own: Headers) => ({
    status,
    bytes,
    headers: { ...own, ...headers },
  });
  if (isOfItsReader(task)) return forReader(task, asking).then((shown) => answer(shown.bytes, shown.headers));
  return answer(encoded.get(task)?.bytes ?? bodyOf(task, task.usage), headersOf(task, task.usage));
}

/** What it shows follows from more than the task alone: what those below it have spent, and who may see its stack. */
function isOfItsReader(task: Task): boolean {
  return task.children > 0 || task.stack !== null;
}

async function forReader(task: Task, asking: Asking): Promise<EncodedTask> {
  return encode(task, ...(await seenBy(task, asking)));
}

async function seenBy({ id }: Task, { verbs, principal }: Asking): Promise<[tree: UsageTotals, seesStack: boolean]> {
  return [await verbs.tasks.treeUsage(principal, id), principal.scopes.has("tasks:all")];
}

/** The task within an answer of several. */
export async function shownTask(task: Task, asking: Asking): Promise<TaskWire> {
  return isOfItsReader(task) ? wireTask(task, ...(await seenBy(task, asking))) : wireTask(task);
}

function encode(task: Task, tree: UsageTotals, seesStack = false): EncodedTask {
  return { bytes: bodyOf(task, tree, seesStack), headers: headersOf(task, tree) };
}

function bodyOf(task: Task, tree: UsageTotals, seesStack = false): string | Readable {
  const shown = wireTask(task, tree, seesStack);
  return jsonBody(shown, [shown.input, shown.output, shown.details]);
}

function headersOf(task: Task, tree: UsageTotals): Headers {
  // Progress is shown before it is committed, so the revision alone does not name the bytes; nor what is spent below it.
  const below = task.children > 0 ? `-${tree.calls}` : "";
  const etag = `"${task.id.slice(-12)}-${task.revision}-${Math.round(task.progress * 1_000)}${below}"`;
  return { "content-type": JSON_TYPE, etag, "cache-control": "private, no-cache" };
}
