/**
 * Isolation of one task's steps: they run one by one, and the name of each is on disk before its body begins, so that
 * whoever comes after a crash knows which step was alone in flight. The crash guard says which task that is.
 */
import type { TaskId } from "../../task/id.ts";
import type { CrashRecord } from "./crash-record.ts";

export class StepIsolation {
  readonly #record: CrashRecord;
  #task: TaskId | null = null;
  #released = Promise.withResolvers<void>();
  #turn: Promise<void> = Promise.resolve();
  #endTurn: (() => void) | null = null;

  constructor(record: CrashRecord) {
    this.#record = record;
  }

  /** From now on the steps of this task run one by one. Resolves when its first step has ended, or `release` was called. */
  isolate(task: TaskId): Promise<void> {
    this.#task = task;
    this.#released = Promise.withResolvers();
    return this.#released.promise;
  }

  /** A step of any task is about to begin: it may when this resolves. */
  async stepBegins(task: TaskId, step: string): Promise<void> {
    while (this.#task === task && this.#endTurn) await this.#turn;
    if (this.#task !== task) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    this.#endTurn = resolve;
    await this.#record.putLoneStep({ task, step });
  }

  /** Lets the task go on among the others, if it is the one that runs alone. */
  release(task: TaskId): void {
    if (this.#task !== task) return;
    this.#task = null;
    this.#endTurn?.();
    this.#endTurn = null;
    const released = this.#released;
    void this.#record.clearLoneStep().then(() => released.resolve());
  }
}
