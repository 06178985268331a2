/**
 * Bodies that still come after their requests were answered: they are read and dropped, so that a client which sends them on hears
 * the answer, and cut off when they take too long. One is read from a turn of the event loop, of addresses in turn: a turn takes up
 * to 2 MB of each connection that sends, and hundreds of megabytes in one turn would hold up everybody else.
 */
import type { IncomingMessage } from "node:http";
import { setTimeout as delay, setImmediate } from "node:timers/promises";
import type { BodyPace } from "../../lenses/body/body-pace.ts";
import { Openings } from "../shares/openings.ts";

/** How long a body may go on that was answered before its end. */
const UNHEARD_MS_MAX = 10_000;
/** A sender of less than this in one look is looked at less and less often: one who sends nothing would keep the loop going round. */
const WORTH_A_LOOK_BYTES = 16_384;
const REST_MS_MAX = 250;

export class UnheardBodies {
  readonly #pace: BodyPace;
  readonly #turns = new Openings();

  constructor(pace: BodyPace) {
    this.#pace = pace;
  }

  /** What is left of a request whose answer is out, if anything is. */
  drop(raw: IncomingMessage, network: string): void {
    if (raw.complete || raw.destroyed) return;
    const cut = () => {
      if (!raw.complete) raw.socket.destroy();
    };
    raw.once("close", this.#pace.watch(UNHEARD_MS_MAX, cut).done);
    void this.#read(raw, network);
  }

  async #read(raw: IncomingMessage, network: string): Promise<void> {
    const { socket } = raw;
    let restMs = 1;
    while (!raw.complete && !socket.destroyed) {
      socket.pause();
      await this.#turns.turn(network);
      const before = socket.bytesRead;
      socket.resume();
      await setImmediate();
      await setImmediate();
      if (socket.bytesRead - before >= WORTH_A_LOOK_BYTES) restMs = 1;
      else {
        socket.pause();
        await delay(restMs, undefined, { ref: false });
        restMs = Math.min(restMs * 2, REST_MS_MAX);
      }
    }
    socket.resume();
  }
}
