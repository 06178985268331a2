/**
 * A task in the A2A shape. Where the two worlds differ:
 *
 * - The wire has seven states. What it has no word for is `failed`, `canceled` or `input-required`, and the rest is in the
 *   metadata: `a2aState`, `suspended`, `outcome`, `reason`.
 * - Parts are text. See `parts.ts`.
 * - What is not expanded is a link, and the history is empty.
 */
import { messageIdInTask, replyIdOf } from "../../task/conversation.ts";
import { pauseSentenceOf } from "../../task/pause.ts";
import { openQuestions } from "../../task/people/questions.ts";
import { isFailed } from "../../task/states.ts";
import type { Task } from "../../task/task.ts";
import { threadOf as taskThread } from "../../task/thread.ts";
import { toldInTurns } from "../body/json-body.ts";
import { type Caller, numberOf } from "./caller.ts";
import { collapsed } from "./containers.ts";
import { FIELDS, type Field, type Links } from "./links.ts";
import { resultArtifact, type Thread, wireArtifact, wireMessage } from "./parts.ts";
import { allowedActions, expandedFields } from "./reading.ts";
import type { TaskAnswer, WireArtifact, WireMessage } from "./schema.ts";
import { utcTime } from "./times.ts";
import { isFinal, statusOf } from "./vocabulary.ts";
import { formOf, outcomeOf, worklistTaskOf } from "./worklist-task.ts";

export type Wanted = { expand: ReadonlySet<Field>; metadataFlag: boolean };

export async function taskView(caller: Caller, task: Task, { expand, metadataFlag }: Wanted): Promise<TaskAnswer> {
  const { links } = caller;
  const thread = threadOf(task);
  const { messages, ...fields } = await expandedFields(caller, task, expand, thread);
  return {
    artifacts: await artifactsOf(caller, task),
    contextId: thread.contextId,
    final: isFinal(task),
    history: messages,
    id: thread.taskId,
    kind: "task",
    metadata: {
      ...saidBeside(task),
      ...(metadataFlag && {
        task: worklistTaskOf(task, caller, { tree: await caller.treeOf(task) }),
        ...moreOf(caller, task),
      }),
      ...fields,
      links: linksOf(links, task, expand),
    },
    status: statusIn(thread, task),
  };
}

/** The same of a task alone, without what has to be read or asked for. */
export function shownTask(links: Links, task: Task): TaskAnswer {
  const thread = threadOf(task);
  const number = numberOf(task);
  const result = resultArtifact(task);
  return {
    artifacts: result === null ? [] : [result],
    contextId: thread.contextId,
    final: isFinal(task),
    history: [],
    id: thread.taskId,
    kind: "task",
    metadata: {
      ...saidBeside(task),
      comments: collapsed(links, number, "comments"),
      attachments: collapsed(links, number, "attachments"),
      history: collapsed(links, number, "history"),
      payload: collapsed(links, number, "payload"),
      links: linksOf(links, task, new Set()),
    },
    status: statusIn(thread, task),
  };
}

/** A task without a conversation has one to itself, whose id follows from its own. */
export function threadOf(task: Task): Thread {
  return { contextId: taskThread(task), taskId: String(numberOf(task)) };
}

/** A link to itself, and one for each field that is not expanded. */
export function linksOf(links: Links, task: Task, expand: ReadonlySet<Field>) {
  const number = numberOf(task);
  const behind = FIELDS.filter((field) => !expand.has(field));
  return [links.task("self", number), ...behind.map((field) => links.field(field, number, field))];
}

async function artifactsOf({ principal, verbs }: Caller, task: Task): Promise<WireArtifact[]> {
  const found: WireArtifact[] = [];
  for (let cursor: string | undefined; ; ) {
    const { artifacts, next } = await verbs.tasks.artifacts(principal, task.id, cursor);
    for (const artifact of artifacts) found.push(await toldInTurns(() => wireArtifact(artifact)));
    if (next === null) break;
    cursor = next;
  }
  const result = await toldInTurns(() => resultArtifact(task));
  return result === null ? found : [...found, result];
}

function statusIn(thread: Thread, task: Task): TaskAnswer["status"] {
  const message = saidWith(thread, task);
  return { ...(message && { message }), state: statusOf(task), timestamp: utcTime(task.stateChangedAt) };
}

/** Its question while it asks, its pause with the steps that still run, its error once it has failed. */
function saidWith(thread: Thread, task: Task): WireMessage | null {
  const [question] = openQuestions(task);
  if (question !== undefined) {
    const { name, asks, text, schema } = question.prompt;
    const form = schema && { data: schema, name: "schema", mediaType: "application/schema+json" };
    const parts = [{ text }, ...(form ? [form] : [])];
    const id = messageIdInTask(task.id, question.since);
    return wireMessage(thread, { id, role: "agent", parts, metadata: { prompt: name, asks } });
  }
  const pause = pauseSentenceOf(task);
  if (pause !== null) {
    const id = messageIdInTask(task.id, task.stateChangedAt);
    return wireMessage(thread, { id, role: "agent", parts: [{ text: pause }] });
  }
  if (!isFailed(task.state) || !("error" in task)) return null;
  const { code, message } = task.error;
  return wireMessage(thread, { id: replyIdOf(task.id), role: "agent", parts: [{ text: message }], metadata: { code } });
}

/** What the seven states leave out. */
function saidBeside(task: Task): Partial<TaskAnswer["metadata"]> {
  const asks = openQuestions(task)[0]?.prompt.asks;
  return {
    ...(task.state === "input_required" && asks === "authorization" && { a2aState: "auth-required" as const }),
    ...(task.state === "rejected" && { a2aState: "rejected" as const }),
    ...(task.state === "paused" && { suspended: true as const }),
    ...outcomeOf(task),
    ...(task.state === "timed_out" && { reason: "expired" as const }),
  };
}

/** What `metadataFlag` adds in either shape. */
export function moreOf(caller: Caller, task: Task) {
  const form = formOf(task);
  return {
    detailsURL: caller.links.page("self", task.id),
    actionList: allowedActions(caller, task),
    ...(form && { formMetadata: form }),
  };
}
