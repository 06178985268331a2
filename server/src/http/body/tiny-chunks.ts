/**
 * Bodies in tiny chunks. If a caller sends each byte as a chunk, one read of its socket brings ten thousand chunks: each costs its
 * reader as much as one of 64 KB, and a hundred times its size in memory. So after the first few, tiny chunks are joined, and one
 * connection at a time is read on, for some 13 ms of every 40.
 */
import { networkOf } from "../network.ts";

/** Not an import: that makes Node.js load its whole `fetch` as well, for 30 ms. */
const { IncomingMessage } = process.getBuiltinModule("node:http");

/** A chunk with fewer bytes is tiny. */
const TINY_BYTES = 1_024;
/** A body's first chunks may be of any size. */
export const CHUNKS_FREE = 64;
/** Tiny chunks that wait before they are joined: each takes a hundred bytes or more. */
const TINY_APART_MAX = 1_024;
/** Pause between two reads of tiny chunks: they may take a third of all time. */
const READ_EVERY_MS = 40;

/** The request class of a listener. The HTTP parser pushes each chunk of a body, and reads its socket when asked for more. */
export class TinyChunkRequest extends IncomingMessage {
  #chunks = 0;
  #tiny: Buffer[] = [];
  #isMoreWanted = false;
  /** The network it comes from, once it waits to be read. */
  #network: string | null = null;

  /** False stops the reading of the socket. */
  override push(chunk: Buffer | null): boolean {
    this.#chunks += 1;
    if (chunk === null) this.join();
    else if (this.#tiny.length > 0 || (chunk.length < TINY_BYTES && this.#chunks > CHUNKS_FREE && !this.destroyed)) {
      const waiting = this.#tiny.push(chunk);
      if (waiting === 1) this.#waitForTurn();
      else if (waiting > TINY_APART_MAX) this.#tiny = [Buffer.concat(this.#tiny)];
      return false;
    }
    return super.push(chunk);
  }

  override _read(bytes: number): void {
    if (this.#tiny.length === 0) super._read(bytes);
    else this.#isMoreWanted = true;
  }

  /** Drops a body that nobody reads. The runtime's own `_dump` would not call `push`. */
  _dump(): void {
    this.resume();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#takeTiny();
    super._destroy(error, done);
  }

  /** Passes the waiting chunks to the body's reader as one, and reads on if it wants more. */
  join(): void {
    const tiny = this.#takeTiny();
    if (tiny.length === 0) return;
    const bytes = Buffer.concat(tiny);
    super.push(bytes);
    if (!this.#isMoreWanted) return;
    this.#isMoreWanted = false;
    super._read(bytes.length);
  }

  #waitForTurn(): void {
    this.#network ??= networkOf(this.socket.remoteAddress ?? "");
    turns.wait(this.#network, this);
  }

  #takeTiny(): Buffer[] {
    const tiny = this.#tiny;
    this.#tiny = [];
    if (this.#network !== null) turns.leave(this.#network, this);
    return tiny;
  }
}

/** Requests whose tiny chunks wait: one is read at a time, with the networks in rotation. */
class TinyChunkTurns {
  /** The network that is next comes first. */
  readonly #waiting = new Map<string, Set<TinyChunkRequest>>();
  #isComing = false;

  wait(network: string, request: TinyChunkRequest): void {
    const own = this.#waiting.get(network) ?? new Set();
    this.#waiting.set(network, own.add(request));
    this.#come();
  }

  leave(network: string, request: TinyChunkRequest): void {
    const own = this.#waiting.get(network);
    own?.delete(request);
    if (own?.size === 0) this.#waiting.delete(network);
  }

  #come(): void {
    if (this.#isComing) return;
    this.#isComing = true;
    setTimeout(() => {
      this.#isComing = false;
      this.#next();
      if (this.#waiting.size > 0) this.#come();
    }, READ_EVERY_MS);
  }

  #next(): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    const [network, own] = first;
    this.#waiting.delete(network);
    this.#waiting.set(network, own);
    const [request] = own;
    request?.join();
  }
}

const turns = new TinyChunkTurns();
