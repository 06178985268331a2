/** A task as either version shows it, whatever kind it is of and whichever API it came in by. */
import type { Task } from "../../../task/task.ts";
import { threadOf } from "../../../task/thread.ts";
import type { ArtifactView, MessageView, TaskView } from "../model/view.ts";
import { NAMES } from "../names.ts";
import { artifactView, resultOf } from "./artifacts.ts";
import { type FileReader, withBytes } from "./files.ts";
import { historyOf, lastOf } from "./history.ts";
import { statusOf } from "./status.ts";

export type Wanted = {
  /** Looked up when absent. */
  contextId?: string;
  historyLength: number | null;
  artifacts: boolean;
};

/** Throws `too_large` when that is more than is answered whole. */
export async function taskView(reader: FileReader, task: Task, wanted: Wanted): Promise<TaskView> {
  const contextId = wanted.contextId ?? (await contextIdOf(reader, task));
  const [history, artifacts] = await Promise.all([
    messagesOf(reader, task, contextId, wanted.historyLength),
    wanted.artifacts ? artifactsOf(reader, task) : undefined,
  ]);
  return {
    id: task.id,
    contextId,
    status: statusOf(task, contextId),
    ...(artifacts !== undefined && { artifacts }),
    ...(history !== undefined && { history }),
    ...(Object.keys(task.metadata).length > 0 && { metadata: task.metadata }),
  };
}

async function messagesOf(
  reader: FileReader,
  task: Task,
  contextId: string,
  length: number | null,
): Promise<MessageView[] | undefined> {
  if (length === 0) return undefined;
  // One of them may be what it asks now, which is said with its status.
  const last = length === null ? undefined : length + 1;
  const turns = await reader.verbs.tasks.turns(reader.principal, task.id, last);
  const messages = lastOf(historyOf(task, turns, contextId), length) ?? [];
  return Promise.all(messages.map((message) => withBytes(reader, task, message)));
}

/** The client's own name of the conversation, else the id of the task's thread. */
export async function contextIdOf(
  { principal, verbs }: Pick<FileReader, "principal" | "verbs">,
  task: Task,
): Promise<string> {
  const { conversation } = task;
  if (conversation === null) return threadOf(task);
  return (await verbs.conversations.nameOf(principal, NAMES, conversation)) ?? conversation;
}

async function artifactsOf(reader: FileReader, task: Task): Promise<ArtifactView[]> {
  const found: ArtifactView[] = [];
  for (let cursor: string | undefined; ; ) {
    const { artifacts, next } = await reader.verbs.tasks.artifacts(reader.principal, task.id, cursor);
    for (const artifact of artifacts) found.push(await withBytes(reader, task, artifactView(artifact)));
    if (next === null) break;
    cursor = next;
  }
  const result = resultOf(task);
  return result === null ? found : [...found, result];
}
