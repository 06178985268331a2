/**
 * The connections of a process. A connection that has shown an accepted key keeps its place. The others are strangers: when there are
 * too many, in all or from one address, the oldest makes room for the newest. So connections without a key keep nobody out, and a
 * health check always finds a place.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Refusal } from "../../task/errors.ts";
import { Arrivals } from "../arrivals.ts";
import { networkOf } from "../network.ts";
import { leaveUnread } from "./unread-heads.ts";

export type Connection = {
  /** The network of its socket's address. */
  network: string;
  /** The first accepted key that it has shown. */
  key: string | null;
  /** None of its requests has begun. */
  isNew: boolean;
  requestsInWork: number;
  /** Its requests whose heads have arrived and that have not been looked at. */
  arriving: number;
  /** The answer that ends it is on its way. */
  isEnding: boolean;
};

export type ConnectionBounds = {
  max: number;
  /** Requests of one connection in work at once: a client may send some ahead of their answers. */
  requestsOfOne: number;
  /** Connections that keep their place for one key; null is any number. */
  ofKey: number | null;
  /** Strangers from one address; null is any number. */
  ofAddress: number | null;
};

/** A tenth of all connections, but at most this many, is reserved for strangers. */
const STRANGERS_MIN = 1_000;

export class Connections {
  /** Requests of strangers' connections. */
  readonly arrivals: Arrivals;
  readonly #bounds: ConnectionBounds;
  readonly #all = new Map<Socket, Connection>();
  /** In order of arrival, as those of each address. */
  readonly #strangers = new Set<Socket>();
  readonly #ofAddress = new Map<string, Set<Socket>>();
  readonly #ofKey = new Map<string, number>();

  constructor(bounds: ConnectionBounds) {
    this.#bounds = bounds;
    this.arrivals = new Arrivals(bounds.requestsOfOne);
  }

  get requestsOfOneMax(): number {
    return this.#bounds.requestsOfOne;
  }

  /** The answer to one request too many on a connection, which ends with it. */
  oneTooMany(connection: Connection, { socket }: IncomingMessage, response: ServerResponse): Refusal {
    response.shouldKeepAlive = false;
    connection.isEnding = true;
    leaveUnread(socket);
    const message = `At most ${this.requestsOfOneMax} requests of one connection are in work at once.`;
    return new Refusal("rate_limited", message, { retryAfterS: 1 });
  }

  get size(): number {
    return this.#all.size;
  }

  /** The connection of a socket given to `add`. */
  of(socket: Socket): Connection | undefined {
    return this.#all.get(socket);
  }

  /** True once, for the first key on a connection. */
  isNew(socket: Socket): boolean {
    const connection = this.#all.get(socket);
    if (connection === undefined || !connection.isNew) return false;
    connection.isNew = false;
    return true;
  }

  add(socket: Socket): void {
    const connection = {
      network: networkOf(socket.remoteAddress ?? ""),
      key: null,
      isNew: true,
      requestsInWork: 0,
      arriving: 0,
      isEnding: false,
    };
    this.#all.set(socket, connection);
    socket.once("close", () => this.#remove(socket, connection));
    const neighbours = this.#ofAddress.get(connection.network) ?? new Set();
    this.#ofAddress.set(connection.network, neighbours.add(socket));
    this.#strangers.add(socket);
    if (neighbours.size > (this.#bounds.ofAddress ?? Number.POSITIVE_INFINITY)) this.#dropFirst(neighbours);
    if (this.#all.size > this.#bounds.max) this.#dropFirst(this.#strangers);
  }

  /** It has shown an accepted key, and is no stranger any more if the key has a place left. */
  shows(socket: Socket, key: string): void {
    const connection = this.#all.get(socket);
    if (connection === undefined || connection.key !== null) return;
    const { max, ofKey } = this.#bounds;
    const kept = this.#all.size - this.#strangers.size;
    const own = this.#ofKey.get(key) ?? 0;
    if (kept >= max - Math.min(STRANGERS_MIN, Math.ceil(max / 10))) return;
    if (own >= (ofKey ?? Number.POSITIVE_INFINITY)) return;
    connection.key = key;
    this.#ofKey.set(key, own + 1);
    this.#forget(socket, connection);
  }

  #remove(socket: Socket, connection: Connection): void {
    this.#all.delete(socket);
    this.#forget(socket, connection);
    if (connection.key === null) return;
    const rest = (this.#ofKey.get(connection.key) ?? 1) - 1;
    if (rest > 0) this.#ofKey.set(connection.key, rest);
    else this.#ofKey.delete(connection.key);
  }

  /** Removes it from the strangers. */
  #forget(socket: Socket, { network }: Connection): void {
    this.#strangers.delete(socket);
    const neighbours = this.#ofAddress.get(network);
    neighbours?.delete(socket);
    if (neighbours?.size === 0) this.#ofAddress.delete(network);
  }

  #dropFirst(sockets: ReadonlySet<Socket>): void {
    const [oldest] = sockets;
    if (oldest === undefined) return;
    const connection = this.#all.get(oldest);
    if (connection !== undefined) this.#remove(oldest, connection);
    oldest.destroy();
  }
}
