/** A task to test with, as a submit makes it. */
import { taskIdFromBytes, uuidFromBytes, uuidV7Bytes } from "../../task/id.ts";
import { NO_USAGE, type Task } from "../../task/task.ts";

export const START = Date.UTC(2026, 0, 5, 12);

let made = 0;

function nextBytes(at: number): Uint8Array {
  const random = new Uint8Array(16);
  new DataView(random.buffer).setUint32(12, ++made);
  return uuidV7Bytes(at, random);
}

export function newConversationId(): string {
  return uuidFromBytes(nextBytes(START));
}

type Fields = Partial<Omit<Task, "state" | "output" | "error" | "resumesAs">>;

export function newTask(fields: Fields = {}): Task {
  const createdAt = fields.createdAt ?? START;
  return {
    id: taskIdFromBytes(nextBytes(createdAt)),
    tenant: "acme",
    user: "ada",
    kind: "agent",
    handlerVersion: 1,
    lens: "native",
    title: "What is the capital of France?",
    input: { query: "What is the capital of France?" },
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
    ...fields,
    state: "queued",
  };
}
