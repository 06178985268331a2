/** How the process before this one ended, and what that says of the tasks that it was running. */
import { z } from "zod";
import type { Store } from "../../store/store.ts";
import type { Failure, Task } from "../../task/task.ts";
import { Quarantine } from "./quarantine.ts";

const processSetting = z.object({ clean: z.boolean() });
const PROCESS = "process";

/** `alone` tasks start one at a time; those with an `error` do not start again. */
export type Verdict = { crashes: number; alone: boolean; error: Failure | null };

export class Recovery {
  /** It did not stop in good order. */
  readonly unclean: boolean;
  /** The step that was alone in flight when it died. */
  readonly #convict: { task: string; step: string } | null;

  private constructor(unclean: boolean, convict: { task: string; step: string } | null) {
    this.unclean = unclean;
    this.#convict = convict;
  }

  /** Reads how the last process ended, and writes down that this one has not ended well yet. */
  static async begin(store: Store): Promise<Recovery> {
    const before = processSetting.safeParse(await store.setting(PROCESS));
    const unclean = before.success && !before.data.clean;
    const convict = unclean ? await Quarantine.convict(store) : null;
    await store.putSetting(PROCESS, { clean: false });
    return new Recovery(unclean, convict);
  }

  static async endClean(store: Store): Promise<void> {
    await store.putSetting(PROCESS, { clean: true });
  }

  judge(task: Task): Verdict {
    if (!this.unclean) return { crashes: task.crashes, alone: false, error: null };
    const crashes = Quarantine.crashesOf(task, this.#convict);
    if (!Quarantine.isGuilty(crashes)) return { crashes, alone: Quarantine.isSuspect(crashes), error: null };
    const step = this.#convict?.step ?? "";
    const message = `Step "${step}" was alone in flight each of the last times that the process died.`;
    return { crashes, alone: true, error: { code: "step_crashed", message, step } };
  }
}
