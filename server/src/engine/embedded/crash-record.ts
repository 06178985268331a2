/** What the disk says of the process before this one: whether it ended in good order, and which step was alone in flight. */
import { z } from "zod";
import type { SettingStore } from "../../store/store.ts";

const ending = z.object({ clean: z.boolean() });
const loneStep = z.object({ task: z.string(), step: z.string() });

export type LoneStep = z.infer<typeof loneStep>;

/** `culprit` is the step that was alone in flight when it died. */
export type LastEnd = { unclean: boolean; culprit: LoneStep | null };

export class CrashRecord {
  readonly #store: SettingStore;
  readonly #ending: string;
  readonly #alone: string;

  /** Each process over a store has a record of its own, by its name. */
  constructor(store: SettingStore, process = "") {
    const suffix = process === "" ? "" : `:${process}`;
    this.#store = store;
    this.#ending = `process${suffix}`;
    this.#alone = `alone${suffix}`;
  }

  /** Reads how the last process ended, and writes down that this one has not ended well yet. */
  async begin(): Promise<LastEnd> {
    const before = ending.safeParse(await this.#store.setting(this.#ending));
    const unclean = before.success && !before.data.clean;
    const alone = unclean ? loneStep.safeParse(await this.#store.setting(this.#alone)) : null;
    await this.#store.putSetting(this.#ending, { clean: false });
    return { unclean, culprit: alone?.success ? alone.data : null };
  }

  async endClean(): Promise<void> {
    await this.#store.putSetting(this.#ending, { clean: true });
  }

  /** On disk before the body of the step begins. */
  async putLoneStep(step: LoneStep): Promise<void> {
    await this.#store.putSetting(this.#alone, step);
  }

  async clearLoneStep(): Promise<void> {
    // Left standing it does no harm: who has come further than a crash is no suspect.
    await this.#store.putSetting(this.#alone, {}).catch(() => {});
  }
}
