/** Has a long log written back by a thread of its own, which is there from the first one on. The writer does without where it has died. */
import { setUnderWay, type WriteBackPass } from "../log-length.ts";
import { lateChannel, WorkerChannel } from "./channel.ts";
import type { Checkpoints } from "./checkpointer.ts";

export class WriteBack {
  readonly #onFailure: (error: unknown) => void;
  readonly #channel;
  #isLost = false;

  constructor(database: string, pass: WriteBackPass, onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
    const onLost = () => {
      this.#isLost = true;
      setUnderWay(pass, false);
    };
    this.#channel = lateChannel<Checkpoints>(() => new WorkerChannel({ role: "checkpointer", database, pass }, onLost));
  }

  /** Whoever says so while a pass is under way says so again once that is over. */
  begin(): void {
    if (this.#isLost || !this.#channel.isIdle) return;
    this.#channel.send("writeBack", null).catch(this.#onFailure);
  }

  /** Behind all other connections of this process, see `Checkpointer`. */
  close(): Promise<void> {
    return this.#channel.close();
  }
}
