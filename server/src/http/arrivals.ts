/**
 * Requests of strangers: connections that have not yet shown an accepted key. Thousands may arrive in a moment, and to look at all of
 * them at once, whatever becomes of them, would hold up everybody else, health checks on new connections included. So strangers'
 * requests are looked at for one millisecond of each turn of the event loop, with the addresses in rotation, and the server has time to
 * accept the connections behind them. Requests of monitoring do not wait.
 */
import type { IncomingMessage } from "node:http";
import { Beginnings } from "./shares/beginnings.ts";

/** Time in a turn of the event loop. */
const TURN_MS = 1;

/** The part of a connection that is needed here. */
type Arriving = {
  readonly network: string;
  /** The first accepted key that it has shown. */
  readonly key: string | null;
  readonly requestsInWork: number;
  /** Its requests whose heads have arrived and that have not been looked at. */
  arriving: number;
};

export class Arrivals {
  readonly #beginnings = new Beginnings(TURN_MS);
  readonly #ofConnectionMax: number;

  /** The number of one connection's requests that may be in work or wait; a further one begins at once, and is refused. */
  constructor(ofConnectionMax: number) {
    this.#ofConnectionMax = ofConnectionMax;
  }

  /** Calls `begin`, now or when its turn comes; never if its caller has left by then. */
  arrived(request: IncomingMessage, connection: Arriving, begin: () => void): void {
    const isKnown = connection.key !== null || isWatching(request.url);
    if (isKnown || this.#isFull(connection)) begin();
    else this.#beginsInTurn(request, connection, begin);
  }

  /** Calls `begin` in order once `made` is done; false when its connection has too many requests waiting. */
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

  /** The time that `begin` takes is spent before the next request asks. */
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
