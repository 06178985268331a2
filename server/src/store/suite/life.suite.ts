/** What the suites make tasks with: a builder, and a life that goes on by decided changes. */
import { expect } from "vitest";
import { type Change, type Command, decide, submitted } from "../../task/decide.ts";
import { Refusal } from "../../task/errors.ts";
import { taskIdFromBytes, uuidFromBytes, uuidV7Bytes } from "../../task/id.ts";
import { NO_USAGE, type Task } from "../../task/task.ts";
import type { UsageCall } from "../../task/usage.ts";
import type { Applied, Store, Write } from "../store.ts";

export const START = Date.UTC(2026, 0, 5, 12);
export const EVERYBODY = { tenant: "acme", user: null };
export const ADA = { tenant: "acme", user: "ada" };

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

export function paidCall(key: string, tokens = 10): UsageCall {
  return {
    key,
    provider: "local",
    model: "reference",
    agent: "default",
    inputTokens: tokens,
    outputTokens: tokens,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    costUsd: 0.5,
    raw: {},
  };
}

/** The change of a command that must not be refused. */
export function decided(task: Task, command: Command, now = task.updatedAt + 1): Change {
  const change = decide(task, command, now);
  if (change instanceof Refusal) throw change;
  return change;
}

/** Submits a task and returns it as it is kept. */
export async function submit(store: Store, task: Task, along: Partial<Write> = {}): Promise<Task> {
  const change = submitted(task);
  expect(await store.apply([{ ...change, ...along }])).toEqual({ ok: true });
  return change.task;
}

/** Applies one command after the other and returns the task as it is kept at the end. */
export async function live(store: Store, task: Task, ...commands: Command[]): Promise<Task> {
  let current = task;
  for (const command of commands) {
    const change = decided(current, command);
    expect(await store.apply([change])).toEqual({ ok: true });
    current = change.task;
  }
  return current;
}

export function complete(task: Task, output: Task["input"] = "done"): Command[] {
  return [{ do: "start" }, { do: "complete", attempt: task.attempt + 1, output }];
}

export async function code(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof Refusal ? error.code : `no refusal: ${String(error)}`;
}

export const STALE = (task: Task): Applied => ({ ok: false, why: "stale", task: task.id });
