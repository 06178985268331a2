/**
 * The keys that leases were given to: once a key has ended, by whichever process, the tasks that it holds are others' to
 * claim, within a second. Only keys of the store end; a developer without one, or what is no caller's, has no such id.
 */
import type { KeyStore } from "../../store/key-store.ts";
import { Refusal } from "../../task/errors.ts";
import type { TaskId } from "../../task/id.ts";
import { KEY_ID_PREFIX } from "../../task/key.ts";
import type { Task } from "../../task/task.ts";
import type { Clock } from "../clock.ts";
import type { Transitions } from "../transitions.ts";
import type { EngineLog } from "./settings.ts";

const CHECK_MS = 500;

type Parts = {
  keys: Pick<KeyStore, "endedKeys">;
  transitions: Pick<Transitions, "find" | "change">;
  clock: Clock;
  log: Pick<EngineLog, "warn">;
};

export class LeaseKeys {
  readonly #parts: Parts;
  readonly #keys = new Map<TaskId, string>();
  #forget: (() => void) | null = null;
  #stopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** A worker holds it, by this key. */
  held({ id, lease }: Pick<Task, "id" | "lease">): void {
    const key = lease?.key;
    if (!key?.startsWith(KEY_ID_PREFIX)) return;
    this.#keys.set(id, key);
    this.#wait();
  }

  /** No worker holds it any more. */
  free(id: TaskId): void {
    this.#keys.delete(id);
  }

  stop(): void {
    this.#stopped = true;
    this.#forget?.();
  }

  #wait(): void {
    if (this.#stopped || this.#keys.size === 0) return;
    this.#forget ??= this.#parts.clock.after(CHECK_MS, () => {
      this.#forget = null;
      this.#check()
        .catch((error: unknown) => {
          // The store is asked again in a moment.
          if (!(error instanceof Refusal))
            this.#parts.log.warn("The keys of leases could not be looked at.", { error });
        })
        .finally(() => this.#wait());
    });
  }

  async #check(): Promise<void> {
    const { keys, clock } = this.#parts;
    const ended = new Set(await keys.endedKeys([...new Set(this.#keys.values())], clock.now()));
    if (ended.size === 0) return;
    for (const [id, key] of this.#keys) if (ended.has(key)) await this.#takeBack(id, key);
  }

  async #takeBack(id: TaskId, key: string): Promise<void> {
    const { transitions } = this.#parts;
    const task = await transitions.find(id);
    if (this.#keys.get(id) === key) this.#keys.delete(id);
    // It may have gone on to another worker meanwhile.
    if (!task?.lease || task.lease.key !== key) return;
    try {
      await transitions.change(id, { do: "lapse", attempt: task.attempt, until: task.lease.until, keyEnded: true });
    } catch (error) {
      if (error instanceof Refusal && MOVED_ON.has(error.code)) return;
      this.held(task);
      throw error;
    }
  }
}

/** It was handed in, renewed, paused or cancelled in that moment. */
const MOVED_ON: ReadonlySet<string> = new Set(["fenced", "not_allowed_in_state", "not_found"]);
