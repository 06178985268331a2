/**
 * Tasks that are running or were read lately, as they are on disk. Two generations: who is used moves to the young one,
 * and when that holds half of what may be kept, the old one goes as a whole. One map in the order of use would be
 * exact, and cost 19 us a put once it is full: the place of what was deleted is walked over again and again.
 */
import type { TaskId } from "../task/id.ts";
import type { Task } from "../task/task.ts";

/** What a cached task costs beside its input and output: its fields, and its answers per lens. */
const TASK_BYTES = 4_000;

type Kept = { task: Task; bytes: number };

export class TaskCache {
  readonly #generationBytes: number;
  #young = new Map<TaskId, Kept>();
  #old = new Map<TaskId, Kept>();
  #youngBytes = 0;

  constructor(bytesMax: number) {
    this.#generationBytes = bytesMax / 2;
  }

  get(id: TaskId): Task | undefined {
    const young = this.#young.get(id);
    if (young) return young.task;
    const old = this.#old.get(id);
    if (old) this.#keep(old);
    return old?.task;
  }

  put(task: Task): void {
    this.#keep({ task, bytes: weigh(task) });
  }

  drop(id: TaskId): void {
    this.#youngBytes -= this.#young.get(id)?.bytes ?? 0;
    this.#young.delete(id);
    this.#old.delete(id);
  }

  #keep(kept: Kept): void {
    const { id } = kept.task;
    this.#youngBytes += kept.bytes - (this.#young.get(id)?.bytes ?? 0);
    this.#young.set(id, kept);
    if (this.#old.size > 0) this.#old.delete(id);
    if (this.#youngBytes <= this.#generationBytes) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngBytes = 0;
  }
}

function weigh(task: Task): number {
  return (
    TASK_BYTES +
    2 * (sizeOf(task.input) + sizeOf(task.details) + (task.state === "completed" ? sizeOf(task.output) : 0))
  );
}

/** About the number of characters of a value's JSON, without writing it. Values are at most 64 levels deep. */
function sizeOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 8;
  let size = 16;
  for (const [key, child] of Object.entries(value)) size += key.length + sizeOf(child);
  return size;
}
