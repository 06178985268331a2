/** A task as a submit makes it, for measurements: what an agent is asked in one line. */
import { randomBytes } from "node:crypto";
import { taskIdFromBytes, uuidV7Bytes } from "../server/src/task/id.ts";
import { queuedTask } from "../server/src/task/queued-task.ts";
import type { Task } from "../server/src/task/task.ts";

export function sampleTask(
  createdAt: number,
  question: string,
  with_: Partial<Pick<Task, "kind" | "conversation" | "user">> = {},
): Task {
  return queuedTask({
    id: taskIdFromBytes(uuidV7Bytes(createdAt, randomBytes(16))),
    tenant: "default",
    user: "dev",
    kind: "agent",
    title: question,
    input: { query: question },
    createdAt,
    ...with_,
  });
}
