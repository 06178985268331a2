/**
 * Strays: tasks that run by their rows, and that nobody in this process runs, begins or holds back. The answer to a write
 * may be lost though it took effect, and with it the notice that would have begun the run. They are looked for now and
 * then as long as any task runs, and queued.
 */
import type { TaskId } from "../../task/id.ts";
import type { Clock } from "../clock.ts";
import type { Entry } from "./entry.ts";
import type { OpenTasks } from "./open-tasks.ts";

/** One that is seen twice, this far apart, without a change in between, is a stray. */
const STRAY_MS = 10_000;

type Parts = {
  clock: Clock;
  open: OpenTasks;
  /** Somebody in this process runs it, begins it, or has a reason not to. */
  isCaredFor: (id: TaskId) => boolean;
  queue: (entry: Entry) => void;
};

export class Strays {
  readonly #parts: Parts;
  #seen = new Set<Entry>();
  #forget: (() => void) | null = null;
  #stopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Some task runs: whether it has a run is looked at in a while. */
  watch(): void {
    if (this.#forget || this.#stopped) return;
    this.#forget = this.#parts.clock.after(STRAY_MS, () => this.#look());
  }

  stop(): void {
    this.#stopped = true;
    this.#forget?.();
  }

  #look(): void {
    const { open, isCaredFor, queue } = this.#parts;
    this.#forget = null;
    const strays = open.running().filter(({ id }) => !isCaredFor(id));
    const again = strays.filter((entry) => this.#seen.has(entry));
    this.#seen = new Set(strays);
    for (const entry of again) queue(entry);
    if (open.running().length > 0) this.watch();
  }
}
