/** The answer to "why is this task where it is?", for a person on call. */
import type { Failure, Task, Wait } from "../task/task.ts";

export type Why = {
  task: string;
  state: Task["state"];
  /** One sentence. */
  summary: string;
  /** When it came into its state. */
  since: number;
  /** When it goes on or gives up by itself; null: not without somebody. */
  until: number | null;
  waits: Wait[];
  /** What runs at this moment: names of steps in flight. */
  running: string[];
  /** Tasks that hold the slots that it wants: at most 20, and only those that may be seen. */
  heldBy: string[];
  /** Tasks of its tenant before it in the queue, by priority and age; null when it is not in it. */
  ahead: number | null;
  lastError: Failure | null;
};
