/**
 * A step that crashes the process must not do so for ever, and a kill from outside must not fail the innocent.
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
import { z } from "zod";
import type { Store } from "../../store/store.ts";
import type { Task } from "../../task/task.ts";

export const CRASHES_IN_COMPANY = 2;
export const CRASHES_ALONE = 3;

/** How long the process must have lived before it tries a suspect for the first time, */
export const QUIET_MS = 1_000;
/** and by how much longer each time after that. */
const QUIET_FACTOR = 4;

/** How long a suspect runs alone. A step that crashes later than this is not told from a chance kill. */
export const ALONE_MS = 5_000;

const aloneSetting = z.object({ task: z.string(), step: z.string() });

export class Quarantine {
  readonly #store: Store;
  #task: string | null = null;
  #released = Promise.withResolvers<void>();
  #turn: Promise<void> = Promise.resolve();
  #endTurn: (() => void) | null = null;

  constructor(store: Store) {
    this.#store = store;
  }

  /** The step that was alone in flight when the process died. */
  static async convict(store: Store): Promise<{ task: string; step: string } | null> {
    const alone = aloneSetting.safeParse(await store.setting("alone"));
    return alone.success ? alone.data : null;
  }

  /** The crashes of a task that was running at an unclean end. */
  static crashesOf(task: Task, convict: { task: string } | null): number {
    if (task.crashes < CRASHES_IN_COMPANY) return task.crashes + 1;
    return convict?.task === task.id ? task.crashes + 1 : task.crashes;
  }

  static isSuspect(crashes: number): boolean {
    return crashes >= CRASHES_IN_COMPANY;
  }

  static isGuilty(crashes: number): boolean {
    return crashes >= CRASHES_IN_COMPANY + CRASHES_ALONE;
  }

  /** How long after the start of the process a suspect has its turn. */
  static quietMs(crashes: number): number {
    return QUIET_MS * QUIET_FACTOR ** (crashes - CRASHES_IN_COMPANY);
  }

  /** From now on the steps of this task run one by one. Resolves when its first step has ended, or `release` was called. */
  isolate(task: string): Promise<void> {
    this.#task = task;
    this.#released = Promise.withResolvers();
    return this.#released.promise;
  }

  /** Lets the task go on among the others, if it is the one that runs alone. */
  async release(task: string): Promise<void> {
    if (this.#task !== task) return;
    this.#task = null;
    this.#endTurn?.();
    this.#endTurn = null;
    // Left standing it does no harm: who has come further than a crash is no suspect.
    await this.#store.putSetting("alone", {}).catch(() => {});
    this.#released.resolve();
  }

  async stepBegins(task: string, step: string): Promise<void> {
    while (this.#task === task && this.#endTurn) await this.#turn;
    if (this.#task !== task) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    this.#endTurn = resolve;
    await this.#store.putSetting("alone", { task, step });
  }

  stepEnds(task: string): void {
    void this.release(task);
  }
}
