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
    if (isKnown || this.#isFull(connection)) begin();
    else this.#beginsInTurn(request, connection, begin);
  }

  /** Calls `begin` in its turn behind `made`, for which anybody waits; false of one that is too many of its connection for that. */
  waits(request: IncomingMessage, connection: Arriving, made: Promise<unknown>, begin: () => void): boolean {
    if (this.#isFull(connection)) return false;
    connection.arriving += 1;
    void made.then(() => {
      connection.arriving -= 1;
      if (!request.socket.destroyed) this.#beginsInTurn(request, connection, begin);
    });
    return true;
  }

  #isFull({ requestsInWork, arriving }: Arriving): boolean {
    return requestsInWork + arriving >= this.#ofConnectionMax;
  }

  /** Whoever begins at once has begun by the time that the next one asks: what that took is gone from the turn. */
  #beginsInTurn(request: IncomingMessage, connection: Arriving, begin: () => void): void {
    const turn = this.#beginnings.turn(connection.network);
    if (turn === null) {
      begin();
      return;
    }
    connection.arriving += 1;
    void turn.then(() => {
      connection.arriving -= 1;
      if (!request.socket.destroyed) begin();
    });
  }
}

function isWatching(url: string | undefined): boolean {
  return url === "/health" || url === "/metrics";
}
