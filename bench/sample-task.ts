/** A task as a submit makes it, for measurements: what an agent is asked in one line. */
import { randomBytes } from "node:crypto";
import { taskIdFromBytes, uuidV7Bytes } from "../server/src/task/id.ts";
import { NO_USAGE, type Task } from "../server/src/task/task.ts";

export function sampleTask(
  createdAt: number,
  question: string,
  with_: Partial<Pick<Task, "kind" | "conversation" | "user">> = {},
): Task {
  return {
    id: taskIdFromBytes(uuidV7Bytes(createdAt, randomBytes(16))),
    tenant: "default",
    user: "dev",
    kind: "agent",
    handlerVersion: 1,
    lens: "native",
    title: question,
    input: { query: question },
    conversation: null,
    parent: null,
    retryOf: null,
    priority: 0,
    concurrency: null,
    metadata: {},
    budget: null,
    retry: { attempts: 1, backoffMs: 1_000, backoffMaxMs: 60_000 },
    revision: 0,
    attempt: 0,
    failures: 0,
    crashes: 0,
    lastSeq: 0,
    createdAt,
    startedAt: null,
    stateChangedAt: createdAt,
    updatedAt: createdAt,
    endedAt: null,
    notBefore: null,
    deadlineAt: null,
    timeLimitMs: null,
    deletedAt: null,
    progress: 0,
    progressMessage: "",
    details: {},
    usage: NO_USAGE,
    waits: [],
    lease: null,
    pausedBy: null,
    cancelledBy: null,
    state: "queued",
    ...with_,
  };
}
