/** Tasks that are running or were read lately, as they are on disk: the least recently used leave first. */
import type { TaskId } from "../task/id.ts";
import type { Task } from "../task/task.ts";

/** What a cached task costs beside its input and output: its fields, and its answers per lens. */
const TASK_BYTES = 4_000;

export class RecentTasks {
  readonly #bytesMax: number;
  readonly #tasks = new Map<TaskId, { task: Task; bytes: number }>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get(id: TaskId): Task | undefined {
    const found = this.#tasks.get(id);
    if (!found) return undefined;
    this.#tasks.delete(id);
    this.#tasks.set(id, found);
    return found.task;
  }

  put(task: Task): void {
    const known = this.#tasks.get(task.id);
    const bytes = weigh(task);
    this.#bytes += bytes - (known?.bytes ?? 0);
    this.#tasks.delete(task.id);
    this.#tasks.set(task.id, { task, bytes });
    for (const [id, { bytes }] of this.#tasks) {
      if (this.#bytes <= this.#bytesMax) break;
      this.#tasks.delete(id);
      this.#bytes -= bytes;
    }
  }

  drop(id: TaskId): void {
    const known = this.#tasks.get(id);
    if (!known) return;
    this.#tasks.delete(id);
    this.#bytes -= known.bytes;
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
