/**
 * Requests of strangers, whose connection has shown no accepted key. Thousands may come in a moment, and whatever becomes of
 * them, to look at all of them at once would hold up everybody else, a check of health as well, which stands behind them
 * until its connection is heard. So they are looked at for a moment of each turn of the event loop, those of several
 * addresses in turn, and the server has its time for hearing the connections behind. Who watches over the server waits for none of them.
 */
import type { IncomingMessage } from "node:http";
import { Beginnings } from "./shares/beginnings.ts";

/** Of a turn of the event loop. */
const TURN_MS = 1;

/** A connection, as far as it matters here. */
type Arriving = {
  readonly network: string;
  /** The key that it has shown first, once one was accepted. */
  readonly key: string | null;
  readonly requestsInWork: number;
  /** Requests of it whose heads are here, and that nobody has looked at. */
  arriving: number;
};

export class Arrivals {
  readonly #beginnings = new Beginnings(TURN_MS);
  readonly #ofConnectionMax: number;

  /** Of one connection so many are in work or wait: of the next one it is decided at once what becomes of it. */
  constructor(ofConnectionMax: number) {
    this.#ofConnectionMax = ofConnectionMax;
  }

  /** Calls `begin`, at once or when it has its turn; never when its caller has left by then. */
  arrived(request: IncomingMessage, connection: Arriving, begin: () => void): void {
    const isKnown = connection.key !== null || isWatching(request.url);
    const turn = isKnown || this.#isFull(connection) ? null : this.#beginnings.turn(connection.network);
    if (turn === null) begin();
    else void this.#wait(turn, request, connection, begin);
  }

  /** Calls `begin` in its turn behind `made`, for which anybody waits; false of one that is too many of its connection for that. */
  waits(request: IncomingMessage, connection: Arriving, made: Promise<unknown>, begin: () => void): boolean {
    if (this.#isFull(connection)) return false;
    const turn = made.then(async () => {
      await this.#beginnings.turn(connection.network);
    });
    void this.#wait(turn, request, connection, begin);
    return true;
  }

  #isFull({ requestsInWork, arriving }: Arriving): boolean {
    return requestsInWork + arriving >= this.#ofConnectionMax;
  }

  async #wait(turn: Promise<void>, { socket }: IncomingMessage, connection: Arriving, begin: () => void) {
    connection.arriving += 1;
    await turn;
    connection.arriving -= 1;
    if (!socket.destroyed) begin();
  }
}

function isWatching(url: string | undefined): boolean {
  return url === "/health" || url === "/metrics";
}
