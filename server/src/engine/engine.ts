/** What the verbs ask of an engine. */
import type { Task } from "../task/task.ts";

/** What only the engine knows of a task at this moment. */
export interface SchedulingView {
  /** Its run is in this process and was not unwound. */
  isLive(id: string): boolean;
  /** Names of its steps in flight. */
  running(id: string): string[];
  /** Ids of the tasks that hold the slots that it wants. */
  heldBy(id: string): string[];
  /** Tasks before it in the queue; null when it is not in it. */
  ahead(id: string): number | null;
  /** Takes a slot for a task that is about to be submitted; false when there is none, or others come first. */
  reserve(task: Task): boolean;
  /** Gives that slot back: the submit did not take effect. */
  unreserve(id: string): void;
  /** Why this process will not start it; null when it will. */
  obstacle(task: Task): string | null;
}
