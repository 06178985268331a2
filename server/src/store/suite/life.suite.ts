/** What the suites make tasks with: a builder, and a life that goes on by decided changes. */
import { expect } from "vitest";
import { type Change, type Command, decide, submitted } from "../../task/decide.ts";
import { Refusal } from "../../task/errors.ts";
import type { Task } from "../../task/task.ts";
import type { UsageCall } from "../../task/usage.ts";
import type { Applied, Store, Write } from "../store.ts";

export const EVERYBODY = { tenant: "acme", user: null };
export const ADA = { tenant: "acme", user: "ada" };

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
