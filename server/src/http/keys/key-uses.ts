/**
 * When and from where keys were last let in: to the minute, so that the store hears of a busy key once a minute, and of
 * all that were busy in one write. It is told when the store is asked for a key, and so is no part of most requests.
 */
import type { KeyUse } from "../../task/key.ts";

const COARSE_MS = 60_000;
const WRITTEN_MS = 10_000;
/** Keys whose last use is remembered here: of more, what was noted is forgotten, and noted again. */
const NOTED_MAX = 10_000;

export class KeyUses {
  readonly #write: (uses: readonly KeyUse[]) => Promise<void>;
  readonly #now: () => number;
  readonly #noted = new Map<string, number>();
  #unwritten = new Map<string, KeyUse>();
  #timer: NodeJS.Timeout | undefined;

  constructor(write: (uses: readonly KeyUse[]) => Promise<void>, now: () => number) {
    this.#write = write;
    this.#now = now;
  }

  note(id: string, from: string): void {
    const at = Math.floor(this.#now() / COARSE_MS) * COARSE_MS;
    if (this.#noted.get(id) === at) return;
    if (this.#noted.size >= NOTED_MAX) this.#noted.clear();
    this.#noted.set(id, at);
    this.#unwritten.set(id, { id, at, from });
    this.#timer ??= setTimeout(() => void this.write(), WRITTEN_MS).unref();
  }

  /** Writes what was noted. What the store refuses is forgotten: the next minute tells as much. */
  async write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const uses = [...this.#unwritten.values()];
    this.#unwritten = new Map();
    if (uses.length > 0) await this.#write(uses).catch(() => {});
  }
}
