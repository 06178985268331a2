/** A task as either version shows it, whatever kind it is of and whichever API it came in by. */
import { Refusal } from "../../../task/errors.ts";
import { uuidFromTaskId } from "../../../task/id.ts";
import type { Principal } from "../../../task/principal.ts";
import type { Task } from "../../../task/task.ts";
import type { Verbs } from "../../../verbs/verbs.ts";
import type { ArtifactView, TaskView } from "../model/view.ts";
import { NAMES } from "../names.ts";
import { artifactView, resultOf } from "./artifacts.ts";
import { historyOf, lastOf } from "./history.ts";
import { statusOf } from "./status.ts";

type Reader = { principal: Principal; verbs: Verbs };
type Wanted = { historyLength: number | null; artifacts: boolean };

export async function taskView(reader: Reader, task: Task, wanted: Wanted): Promise<TaskView> {
  const contextId = await contextIdOf(reader, task);
  const history = lastOf(historyOf(task, contextId), wanted.historyLength);
  return {
    id: task.id,
    contextId,
    status: statusOf(task, contextId),
    ...(wanted.artifacts && { artifacts: await artifactsOf(reader, task) }),
    ...(history !== undefined && { history }),
    ...(Object.keys(task.metadata).length > 0 && { metadata: task.metadata }),
  };
}

/** The client's own name of the conversation, else its id; of a task without a conversation, one that follows from its id. */
export async function contextIdOf({ principal, verbs }: Reader, { id, conversation }: Task): Promise<string> {
  if (conversation === null) return uuidFromTaskId(id);
  try {
    return (await verbs.conversations.get(principal, NAMES, conversation)).alias ?? conversation;
  } catch (error) {
    // It was deleted, and the task stays.
    if (error instanceof Refusal && error.code === "not_found") return conversation;
    throw error;
  }
}

export async function artifactsOf({ principal, verbs }: Reader, task: Task): Promise<ArtifactView[]> {
  const found: ArtifactView[] = [];
  for (let cursor: string | undefined; ; ) {
    const { artifacts, next } = await verbs.tasks.artifacts(principal, task.id, cursor);
    found.push(...artifacts.map(artifactView));
    if (next === null) break;
    cursor = next;
  }
  const result = resultOf(task);
  return result === null ? found : [...found, result];
}
