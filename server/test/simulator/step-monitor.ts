/**
 * Watches the bodies of steps from outside: which began, which run at this moment, and whose results are on disk. It
 * outlives every process, and so it notices a body that runs twice or over a limit.
 */
import { callKey } from "../../src/engine/execution/journal.ts";
import type { JournalEntry, Write } from "../../src/store/store.ts";
import type { StepContext } from "../../src/task/handler.ts";
import type { Checker } from "./checker.ts";

/** Tasks beyond the limit of an engine that run at once when each is the only one of its tenant. */
export const RESERVE = 1;
/** Tasks of one concurrency key that run at once. */
export const KEY_LIMIT = 2;

/** `process` tells the process in which a body runs from others. */
export type Place = { task: string; limitKey: string | null; process: unknown };

export class StepMonitor {
  readonly #checker: Checker;
  /** Keys of steps whose result is on disk. */
  readonly #journaled = new Map<string, JournalEntry>();
  /** Tasks that are on disk. */
  readonly #onDisk = new Set<string>();
  #underWay = new Map<string, Place>();
  /** Tasks that are paused, as far as callers were told, and that nobody has resumed. */
  readonly #paused = new Set<string>();
  /** Tasks that this process runs at once. */
  limit = 1;
  began = 0;

  constructor(checker: Checker) {
    this.#checker = checker;
  }

  committed(writes: readonly Write[]): void {
    for (const write of writes) {
      this.#onDisk.add(write.task.id);
      if (write.journalOf) this.#copy(write.journalOf, write.task.id);
      for (const entry of write.journal ?? []) {
        if (entry.kind !== "step") continue;
        const key = write.task.id + callKey(entry.branch, entry.name, entry.occurrence);
        if (entry.state === "done" || entry.state === "failed") this.#journaled.set(key, entry);
        else this.#journaled.delete(key);
      }
    }
  }

  /** Whatever runs of the task has had its time to come to rest: no body of it begins until it is `released`. */
  paused(task: string): void {
    this.#paused.add(task);
  }

  released(task: string): void {
    this.#paused.delete(task);
  }

  /** Of what was under way in this process nothing is any more. */
  died(process: unknown): void {
    for (const [key, place] of this.#underWay) if (place.process === process) this.#underWay.delete(key);
  }

  /** Every process is dead: nothing is under way. */
  crashed(): void {
    this.#underWay = new Map();
  }

  begins(step: StepContext, place: Place): () => void {
    const { key } = step;
    this.began += 1;
    this.#checker.check(
      !this.#journaled.has(key),
      () => `The body of ${key} ran again after its result was journaled.`,
    );
    // Its handler may have begun while the submit was on its way: what it does to the world waits until that is kept.
    this.#checker.check(this.#onDisk.has(place.task), () => `The body of ${key} began before its task was on disk.`);
    this.#checker.check(!this.#underWay.has(key), () => `The body of ${key} ran twice at once.`);
    this.#checker.check(!this.#paused.has(place.task), () => `The body of ${key} began though its task is paused.`);
    this.#underWay.set(key, place);
    this.#checkLimits(place);
    const ended = () => {
      if (this.#underWay.get(key) === place) this.#underWay.delete(key);
    };
    step.signal.addEventListener("abort", ended, { once: true });
    if (step.signal.aborted) ended();
    return ended;
  }

  /** Keys of the done steps of a task. */
  done(task: string): string[] {
    return [...this.#journaled].flatMap(([key, entry]) =>
      key.startsWith(task) && entry.state === "done" ? [key] : [],
    );
  }

  #checkLimits({ limitKey }: Place): void {
    const tasks = new Set<string>();
    const ofKey = new Set<string>();
    for (const place of this.#underWay.values()) {
      tasks.add(place.task);
      if (limitKey !== null && place.limitKey === limitKey) ofKey.add(place.task);
    }
    this.#checker.check(
      tasks.size <= this.limit + RESERVE,
      () => `${tasks.size} tasks ran at once, over ${this.limit} and ${RESERVE} in reserve.`,
    );
    this.#checker.check(
      ofKey.size <= KEY_LIMIT,
      () => `${ofKey.size} tasks of the key ${limitKey} ran at once, over ${KEY_LIMIT}.`,
    );
  }

  #copy(from: string, to: string): void {
    for (const [key, entry] of [...this.#journaled])
      if (key.startsWith(from)) this.#journaled.set(to + key.slice(from.length), entry);
  }
}
