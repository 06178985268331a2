/**
 * Bodies that still arrive after their requests were answered. They are read and dropped, so that a client which goes on sending gets
 * its answer, and cut off when they take too long. One is read per turn of the event loop, with the addresses in rotation: a turn takes
 * up to 2 MB of each connection that sends, and hundreds of megabytes in one turn would hold up all other requests.
 */
import type { IncomingMessage } from "node:http";
import { setTimeout as delay, setImmediate } from "node:timers/promises";
import type { BodyPace } from "../../lenses/body/body-pace.ts";
import { Openings } from "../shares/openings.ts";

/** How long a body may go on after its answer. */
const UNHEARD_MS_MAX = 10_000;
/** A sender of fewer bytes per read is read less and less often: a silent one would keep the event loop busy. */
const WORTH_A_LOOK_BYTES = 16_384;
const REST_MS_MAX = 250;

export class UnheardBodies {
  readonly #pace: BodyPace;
  readonly #turns = new Openings();

  constructor(pace: BodyPace) {
    this.#pace = pace;
  }

  /** Drops the rest of an answered request's body, if there is any. */
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
