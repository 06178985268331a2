/** A task as it begins: what it was asked, and nothing that has happened to it. */
import { NO_USAGE, retryPolicy, type Task } from "./task.ts";

const RETRIES = retryPolicy.parse({});

type Fields = Omit<Task, "state" | "output" | "error" | "resumesAs">;
type Asked = Pick<Fields, "id" | "tenant" | "user" | "kind" | "title" | "input" | "createdAt">;

export type QueuedTask = Fields & { state: "queued" };

/** What nothing has happened to. Made once: to lay 50 fields over another 50 takes longer than all the rest of a new task. */
export const UNTOUCHED = {
  number: 0,
  handlerVersion: 1,
  lens: "native",
  conversation: null,
  parent: null,
  depth: 0,
  retryOf: null,
  trace: null,
  priority: 0,
  concurrency: null,
  multitaskStrategy: null,
  queue: null,
  metadata: {},
  budget: null,
  budgetFrom: null,
  boundBy: [],
  models: [],
  tier: null,
  children: 0,
  retry: RETRIES,
  revision: 1,
  attempt: 0,
  failures: 0,
  crashes: 0,
  lastSeq: 0,
  startedAt: null,
  endedAt: null,
  notBefore: null,
  deadlineAt: null,
  namedDeadlineAt: null,
  timeLimitMs: null,
  limitAt: null,
  limitLeftMs: null,
  deletedAt: null,
  progress: 0,
  progressMessage: "",
  details: {},
  usage: NO_USAGE,
  waits: [],
  lease: null,
  lastClaim: null,
  leasesLost: 0,
  stack: null,
  pausedBy: null,
  cancelledBy: null,
  assignment: null,
  state: "queued",
} satisfies Partial<QueuedTask>;

export function queuedTask(given: Asked & Partial<Fields>): QueuedTask {
  const { createdAt } = given;
  return { ...UNTOUCHED, stateChangedAt: createdAt, updatedAt: createdAt, ...given };
}
