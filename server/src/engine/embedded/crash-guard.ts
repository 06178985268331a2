/**
 * The crash guard: it decides, after the process has died, which of the tasks that were running go on at once, which go
 * on one at a time, and which has crashed the process so often that it fails. A step that crashes the process must not
 * do so for ever, and a kill from outside must not fail the innocent.
 *
 * A task that was running when the process died unclean carries its crashes until it has journaled progress. After two
 * it is a suspect: suspects go on one at a time, each once the process has lived for a while, and the name of the one
 * step that then runs is on disk before its body begins. Only a crash during that step counts further, and the third
 * such one fails the task by the step's name. Whoever is not a suspect goes on at once and waits for none of this.
 *
 * Each count makes the wait four times as long. Kills from outside come at any moment: to be taken for a crash of the
 * same step three times, they would have to leave the process alive for 1, 4 and 16 s and then hit the few seconds of
 * that one step. In a storm of kills no suspect gets its turn at all, and none is failed by it.
 */
import type { TaskId } from "../../task/id.ts";
import type { Failure, Task } from "../../task/task.ts";
import type { Clock } from "../clock.ts";
import type { LastEnd } from "./crash-record.ts";
import type { OpenTasks } from "./open-tasks.ts";
import type { Scheduler } from "./scheduler.ts";
import type { StepIsolation } from "./step-isolation.ts";

const CRASHES_IN_COMPANY = 2;
const CRASHES_ALONE = 3;

/** How long the process must have lived before it tries a suspect for the first time, */
const QUIET_MS = 1_000;
/** and by how much longer each time after that. */
const QUIET_FACTOR = 4;

/** How long a suspect runs alone. A step that crashes later than this is not told from a chance kill. */
const ALONE_MS = 5_000;

/** `innocent` goes on at once, a `suspect` when its turn has come, and `guilty` fails with `error`. */
export type Verdict =
  | { is: "innocent" | "suspect"; crashes: number }
  | { is: "guilty"; crashes: number; error: Failure };

/** What the end of the last process says of a task that it was running. */
export function judge(task: Task, { unclean, culprit }: LastEnd): Verdict {
  if (!unclean) return { is: "innocent", crashes: task.crashes };
  const counts = task.crashes < CRASHES_IN_COMPANY || culprit?.task === task.id;
  const crashes = counts ? task.crashes + 1 : task.crashes;
  if (crashes < CRASHES_IN_COMPANY) return { is: "innocent", crashes };
  if (crashes < CRASHES_IN_COMPANY + CRASHES_ALONE) return { is: "suspect", crashes };
  const step = culprit?.step ?? "";
  const message = `Step "${step}" was alone in flight each of the last times that the process died.`;
  return { is: "guilty", crashes, error: { code: "step_crashed", message, step } };
}

export type Suspect = { task: TaskId; crashes: number };

type Parts = { clock: Clock; open: OpenTasks; scheduler: Scheduler; isolation: StepIsolation };

/** The turns of the suspects that a start has found. */
export class CrashGuard {
  readonly #parts: Parts;
  /** When each has its turn, for those that have not had it. */
  readonly #at = new Map<TaskId, number>();
  #forget: () => void = () => {};
  #stopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** When a task that is held back goes on; undefined for all others. */
  turnOf(task: TaskId): number | undefined {
    return this.#at.get(task);
  }

  /** Gives each its turn, those first that have crashed least. Resolves when all have had it. */
  async giveTurns(suspects: readonly Suspect[]): Promise<void> {
    const { clock } = this.#parts;
    const from = clock.now();
    for (const { task, crashes } of suspects) this.#at.set(task, from + quietMs(crashes));
    for (const [task, at] of [...this.#at].sort((a, b) => a[1] - b[1])) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#forget = clock.after(at - clock.now(), resolve);
      await promise;
      this.#at.delete(task);
      if (this.#stopped) return;
      await this.#goAlone(task);
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#forget();
  }

  /** Nothing to do for one that was cancelled or paused meanwhile. */
  async #goAlone(task: TaskId): Promise<void> {
    const { clock, open, scheduler, isolation } = this.#parts;
    const entry = open.get(task);
    if (entry?.state !== "running" || scheduler.holdsSlot(task)) return;
    const firstStep = isolation.isolate(task);
    const hasSlot = await scheduler.offerFirst(entry);
    clock.after(hasSlot ? ALONE_MS : 0, () => isolation.release(task));
    await firstStep;
  }
}

function quietMs(crashes: number): number {
  return QUIET_MS * QUIET_FACTOR ** (crashes - CRASHES_IN_COMPANY);
}
