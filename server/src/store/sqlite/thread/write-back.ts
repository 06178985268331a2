/**
 * Has a long WAL checkpointed by a thread of its own, which is started with the first one. The writer does without where it has
 * died, and it begins anew after a while: each that dies leaves its files open, so that it does so a few times alone.
 */
import { setUnderWay, type WriteBackPass } from "../log-length.ts";
import { WorkerChannel } from "./channel.ts";
import type { Checkpoints } from "./checkpointer.ts";

/** After the first death, and twice as long after each that follows. */
const AGAIN_MS = 10_000;
const DEATHS_MAX = 8;

export class WriteBack {
  readonly #onFailure: (error: unknown) => void;
  readonly #start: () => WorkerChannel<Checkpoints>;
  readonly #elapsed: () => number;
  #channel: WorkerChannel<Checkpoints> | null = null;
  #deaths = 0;
  #againAt = 0;

  /** `elapsed` is in milliseconds of a clock that nobody sets. */
  constructor(
    database: string,
    pass: WriteBackPass,
    onFailure: (error: unknown) => void,
    elapsed: () => number = () => performance.now(),
  ) {
    this.#onFailure = onFailure;
    this.#elapsed = elapsed;
    const onLost = () => {
      setUnderWay(pass, false);
      this.#channel = null;
      this.#againAt = elapsed() + AGAIN_MS * 2 ** this.#deaths;
      this.#deaths += 1;
    };
    this.#start = () => new WorkerChannel({ role: "checkpointer", database, pass }, onLost);
  }

  /** Whoever says so while a pass is under way says so again once that is over. */
  begin(): void {
    if (this.#channel === null && (this.#deaths >= DEATHS_MAX || this.#elapsed() < this.#againAt)) return;
    this.#channel ??= this.#start();
    if (this.#channel.isIdle) this.#channel.send("writeBack", null).catch(this.#onFailure);
  }

  /** Behind all other connections of its store. `isAlone`: nothing else of this process has the database open, see `Checkpointer`. */
  async close(isAlone: boolean): Promise<void> {
    const channel = this.#channel;
    if (isAlone) await channel?.send("closeFile", null).catch(this.#onFailure);
    await channel?.close();
  }
}
