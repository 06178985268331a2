/**
 * When and from where keys were last used: to the minute, so that the store writes a busy key once a minute, and all busy keys in one
 * write. A use is noted when the store is asked for a key, so most requests do not note one.
 */
import type { KeyUse } from "../../task/key.ts";

const COARSE_MS = 60_000;
const WRITTEN_MS = 10_000;
/** Keys whose last use is remembered here: beyond that, notes are forgotten and made again. */
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

  /** Writes the notes. A refused write is forgotten: the next minute has as much. */
  async write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const uses = [...this.#unwritten.values()];
    this.#unwritten = new Map();
    if (uses.length > 0) await this.#write(uses).catch(() => {});
  }
}
