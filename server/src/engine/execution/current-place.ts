/**
 * Whose code runs at this moment: the task, and the step when it is the body of one. Followed through everything that the
 * code sets off (timers, emitters, promises), so that what it throws where nothing awaits it fails its own task and not the
 * process, and so that a crash names it. What the engine does for a task is nobody's.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { TaskId } from "../../task/id.ts";
import type { Task } from "../../task/task.ts";

export type Place = { task: TaskId; step: string | null };

/** One try of a step: `key` is stable over its tries. */
export type BegunTry = { readonly key: string; readonly tries: number };

/** Whose the code is. */
export type CodeOwner = {
  readonly kind: string;
  /** Null where there is no task yet, or no longer. */
  readonly task: TaskId | null;
  readonly trace?: Task["trace"];
  /** Replaced at the end of a run: what its code has set off may outlive it, and must not hold what it held. */
  fail: (error: unknown, step: string | null) => void;
};

type Code = { owner: CodeOwner; step: string | null; attempt: BegunTry | null };

const codes = new AsyncLocalStorage<Code | undefined>();

/** Runs code of a handler, and knows it again wherever it goes on. */
export function runIn<Result>(
  owner: CodeOwner,
  step: string | null,
  code: () => Result,
  attempt: BegunTry | null = null,
): Result {
  return codes.run({ owner, step, attempt }, code);
}

/** Runs code of ours that a handler's code has called. Made once: each `run` makes a table of its own. */
export const runOutside: <Result>(code: () => Result) => Result = codes.run(undefined, () =>
  AsyncLocalStorage.snapshot(),
);

/** Null when it is no task's code. */
export function currentPlace(): Place | null {
  const code = codes.getStore();
  return code?.owner.task ? { task: code.owner.task, step: code.step } : null;
}

/** The task whose code runs at this moment, with its trace and the try of a step; null when it is no task's code. */
export function currentTrace(): { task: TaskId; trace: Task["trace"]; attempt: BegunTry | null } | null {
  const code = codes.getStore();
  return code?.owner.task ? { task: code.owner.task, trace: code.owner.trace ?? null, attempt: code.attempt } : null;
}

/** Fails the task whose code has just thrown, and says whose it is; null when it is no handler's. */
export function blame(error: unknown): Pick<CodeOwner, "kind" | "task"> | null {
  const code = codes.getStore();
  if (!code) return null;
  const { kind, task } = code.owner;
  code.owner.fail(error, code.step);
  return { kind, task };
}

/** The same again and again for one owner: what to remember is made once, and not at each call. */
export function runsIn(owner: CodeOwner): <Result>(code: () => Result) => Result {
  return codes.run({ owner, step: null, attempt: null }, () => AsyncLocalStorage.snapshot());
}

/** The owner of what a kind says outside of any run. */
export function kindOwner(kind: string): CodeOwner {
  return { kind, task: null, fail: nothingToFail };
}

export function nothingToFail(): void {}
