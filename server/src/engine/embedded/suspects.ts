/** The turns of the suspects that a start finds: one at a time, each once the process has lived for a while. */
import type { Clock } from "../clock.ts";
import { ALONE_MS, Quarantine } from "./quarantine.ts";

type Parts = {
  clock: Clock;
  quarantine: Quarantine;
  /** It waits to be recovered still: it was neither cancelled nor paused, and nothing runs it. */
  isWaiting: (task: string) => boolean;
  /** To be called when somebody's turn has come: `take` tells whose. */
  dispatch: () => void;
};

export type Suspect = { task: string; crashes: number };

export class Suspects {
  readonly #parts: Parts;
  /** When each has its turn, for those that have not had it. */
  readonly #at = new Map<string, number>();
  #turn: string | null = null;
  #forget: () => void = () => {};
  #stopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** When a task that waits for its turn has it. */
  at(task: string): number | undefined {
    return this.#at.get(task);
  }

  /** The suspect whose turn it is. It is given once, to whoever starts it. */
  take(): string | null {
    const turn = this.#turn;
    this.#turn = null;
    if (turn === null) return null;
    const { clock, quarantine, isWaiting } = this.#parts;
    const goes = isWaiting(turn);
    clock.after(goes ? ALONE_MS : 0, () => void quarantine.release(turn));
    return goes ? turn : null;
  }

  /** Gives each its turn, those first that have crashed least. */
  async run(suspects: readonly Suspect[]): Promise<void> {
    const { clock, quarantine, isWaiting, dispatch } = this.#parts;
    const from = clock.now();
    for (const { task, crashes } of suspects) this.#at.set(task, from + Quarantine.quietMs(crashes));
    for (const [task, at] of [...this.#at].sort((a, b) => a[1] - b[1])) {
      await new Promise<void>((resolve) => {
        this.#forget = clock.after(at - clock.now(), resolve);
      });
      this.#at.delete(task);
      if (this.#stopped) return;
      if (!isWaiting(task)) continue;
      this.#turn = task;
      const first = quarantine.isolate(task);
      dispatch();
      await first;
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#forget();
  }
}
