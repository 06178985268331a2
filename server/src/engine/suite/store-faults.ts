/**
 * What may become of a store in these stories: the real one, which refuses as a full disk does, or takes the process with
 * it at a commit. Each process of a life has it plugged in anew.
 */
import type { Applied, Store, TaskChange } from "../../store/store.ts";
import { Refusal } from "../../task/errors.ts";

type Refusing = { verb: string; times: number; error: Error; after: number; takesEffect?: boolean };

export class StoreFaults {
  readonly #store: Store;
  #generation = 0;
  #commitsLeft = Number.POSITIVE_INFINITY;
  readonly #refusals: Refusing[] = [];
  /** Whatever would be written is refused, and what is read is answered. */
  isFull = false;
  #held: Promise<void> | null = null;
  #heldAnswers: Promise<void> | null = null;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Refuses the next `times` calls of `verb` once it has let `after` of them pass. */
  refuse(times: number, verb: keyof Store = "apply", error: Error = full(), after = 0): void {
    this.#refusals.push({ verb, times, error, after });
  }

  /** The answer to an `apply` is lost, once `after` of them have passed: it takes effect, and whoever waits for it hears of a failure. */
  loseAnswer(after = 0): void {
    this.#refusals.push({ verb: "apply", times: 1, error: full(), after, takesEffect: true });
  }

  /** No commit takes effect until the returned function is called. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held = promise;
    return resolve;
  }

  /** Commits take effect, and nobody hears of them until the returned function is called. */
  holdAnswers(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#heldAnswers = promise;
    return resolve;
  }

  /** What was to be refused, and was not asked for, is not refused any more. */
  heal(): void {
    this.#refusals.length = 0;
  }

  /** The process dies at the `commits`-th commit from here: that one is on disk, and nobody hears of it. */
  dieAt(commits: number): void {
    this.#commitsLeft = commits;
  }

  /** The store as the next process sees it: what the one before it calls never settles. */
  plugIn(): Store {
    this.#generation += 1;
    this.#commitsLeft = Number.POSITIVE_INFINITY;
    const generation = this.#generation;
    const isIn = () => this.#generation === generation && this.#commitsLeft > 0;
    return new Proxy(this.#store, {
      get: (target, name) => {
        const verb: unknown = Reflect.get(target, name);
        if (typeof verb !== "function" || typeof name !== "string") return verb;
        if (name === "changes")
          return (listener: (change: TaskChange) => void) => target.changes((change) => isIn() && listener(change));
        return async (...given: unknown[]) => {
          if (!isIn()) return await new Promise(() => {});
          const refusal = this.#refusalOf(name);
          if (refusal?.takesEffect) await this.#unheard(given, () => Reflect.apply(verb, target, given));
          // A write that is held is refused once it is let go.
          if (refusal && name === "apply" && this.#held) await this.#held;
          if (refusal) throw refusal.error;
          // Asked each hour of days that pass at once, and nothing is that old here: `retention.test.ts` has what is.
          if (name === "sweep") return 0;
          if (name === "sweepRecords") return null;
          return name === "apply"
            ? await this.#commit(isIn, () => Reflect.apply(verb, target, given))
            : Reflect.apply(verb, target, given);
        };
      },
    });
  }

  /** Whatever process is still there hears nothing more. */
  close(): Promise<void> {
    this.#generation += 1;
    return this.#store.close();
  }

  async #commit(isIn: () => boolean, apply: () => Promise<Applied>): Promise<Applied> {
    await this.#held;
    const applied = await apply();
    await this.#heldAnswers;
    if (applied.ok) this.#commitsLeft -= 1;
    return isIn() ? applied : await new Promise<Applied>(() => {});
  }

  /** The numbers of new tasks come with the answer. */
  async #unheard([writes]: unknown[], apply: () => Promise<unknown>): Promise<void> {
    await apply();
    if (Array.isArray(writes)) for (const { before, task } of writes) if (before === null) task.number = 0;
  }

  #refusalOf(verb: string): Pick<Refusing, "error" | "takesEffect"> | undefined {
    if (this.isFull && WRITES.has(verb)) return { error: full() };
    const refusing = this.#refusals.find((each) => each.verb === verb && each.times > 0);
    if (!refusing) return undefined;
    if (refusing.after > 0) {
      refusing.after -= 1;
      return undefined;
    }
    refusing.times -= 1;
    return refusing;
  }
}

const WRITES: ReadonlySet<string> = new Set<keyof Store>([
  "apply",
  "putSetting",
  "appendMessage",
  "sweep",
  "sweepRecords",
]);

function full(): Refusal {
  return new Refusal("unavailable", "The disk is full.", { retryAfterS: 10 });
}
