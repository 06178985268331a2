/**
 * Tasks that are running or were read lately, as they are on disk: the hot path of every read. `MemoryTaskCache` is the
 * one of a process; what other processes write reaches it by `invalidate`.
 */
import type { TaskId } from "../task/id.ts";
import { sizeOf } from "../task/json/json.ts";
import type { Task } from "../task/task.ts";

/** A cache of tasks. It never returns an older revision than it was told of. */
export interface TaskCache {
  get(id: TaskId): Task | undefined;
  /** The cached task, or what `read` finds, which is then cached. A read during which the task has changed is repeated. */
  find(id: TaskId, read: () => Promise<Task | null>): Promise<Task | null>;
  /** Caches the task as it is on disk now. */
  put(task: Task): void;
  /** Forgets the task: what is cached may be wrong. */
  drop(id: TaskId): void;
  /** On disk the task is at this revision, or a later one. */
  invalidate(id: TaskId, revision: number): void;
}

/** What a cached task costs beside its input and output: its fields, and its answers per lens. */
const TASK_BYTES = 4_000;

/** A read that is outdated so often is returned as it is, and not cached. */
const READS_MAX = 3;

type Kept = { task: Task; bytes: number };

/** A read that is under way, and the revision that it must reach to count. */
type Read = { floor: number };

/**
 * Two generations: a task that is used moves to the young one; when that holds half of the bound, the old one is dropped as a whole. An
 * exact LRU in one map cost 19 us a put once it is full, as a map walks over its deleted entries again and again.
 */
export class MemoryTaskCache implements TaskCache {
  readonly #generationBytes: number;
  readonly #reads = new Map<TaskId, Set<Read>>();
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
    if (old) this.#keep(old.task, old.bytes);
    return old?.task;
  }

  async find(id: TaskId, read: () => Promise<Task | null>): Promise<Task | null> {
    let found: Task | null = null;
    for (let tries = 1; tries <= READS_MAX; tries++) {
      const known = this.get(id);
      if (known) return known;
      const underWay: Read = { floor: 0 };
      this.#begin(id, underWay);
      try {
        found = await read();
      } finally {
        this.#end(id, underWay);
      }
      if ((found?.revision ?? 0) < underWay.floor) continue;
      if (found) this.put(found);
      return found;
    }
    return this.get(id) ?? found;
  }

  put(task: Task): void {
    this.#raise(task.id, task.revision);
    this.#keep(task, weigh(task));
  }

  drop(id: TaskId): void {
    this.#raise(id, Number.POSITIVE_INFINITY);
    this.#remove(id);
  }

  invalidate(id: TaskId, revision: number): void {
    this.#raise(id, revision);
    if ((this.get(id)?.revision ?? revision) < revision) this.#remove(id);
  }

  #raise(id: TaskId, revision: number): void {
    if (this.#reads.size === 0) return;
    for (const read of this.#reads.get(id) ?? []) read.floor = Math.max(read.floor, revision);
  }

  #begin(id: TaskId, read: Read): void {
    const reads = this.#reads.get(id);
    if (reads) reads.add(read);
    else this.#reads.set(id, new Set([read]));
  }

  #end(id: TaskId, read: Read): void {
    const reads = this.#reads.get(id);
    reads?.delete(read);
    if (reads?.size === 0) this.#reads.delete(id);
  }

  #remove(id: TaskId): void {
    this.#youngBytes -= this.#young.get(id)?.bytes ?? 0;
    this.#young.delete(id);
    this.#old.delete(id);
  }

  #keep(task: Task, bytes: number): void {
    const young = this.#young.get(task.id);
    this.#youngBytes += bytes - (young?.bytes ?? 0);
    // An entry in the old generation is no longer seen, and is dropped with it.
    if (young) Object.assign(young, { task, bytes });
    else this.#young.set(task.id, { task, bytes });
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
