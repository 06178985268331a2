/**
 * Bodies that come in crumbs. A caller may send each byte as a chunk of its own, and then one read of its socket brings ten thousand
 * chunks: each costs whoever reads it as much as one of 64 KB, and a hundred times its size in memory. After some of them they
 * are put together, and of all connections that bring them one is read once in a while, for some 13 ms.
 */
import { networkOf } from "../network.ts";

/** Taken as it is: an import makes Node.js load its whole `fetch` beside it, for 30 ms. */
const { IncomingMessage } = process.getBuiltinModule("node:http");

/** A chunk of fewer bytes is a crumb. */
const CRUMB_BYTES = 1_024;
/** A body may come in so many chunks of any size before it is looked at like this. */
export const CHUNKS_FREE = 64;
/** Each crumb that waits takes a hundred bytes and more until it is put together with others. */
const CRUMBS_APART_MAX = 1_024;
/** Of a second a third is left to crumbs. */
const READ_EVERY_MS = 40;

/** A request as a listener makes it: the parser pushes each chunk of its body, and reads its socket when it asks for more. */
export class CrumbledRequest extends IncomingMessage {
  #chunks = 0;
  #crumbs: Buffer[] = [];
  #isMoreWanted = false;
  /** Where it comes from, once it waits for a turn. */
  #network: string | null = null;

  /** False ends the reading of the socket. */
  override push(chunk: Buffer | null): boolean {
    this.#chunks += 1;
    if (chunk === null) this.putTogether();
    else if (this.#crumbs.length > 0 || (chunk.length < CRUMB_BYTES && this.#chunks > CHUNKS_FREE && !this.destroyed)) {
      const waiting = this.#crumbs.push(chunk);
      if (waiting === 1) this.#waitForTurn();
      else if (waiting > CRUMBS_APART_MAX) this.#crumbs = [Buffer.concat(this.#crumbs)];
      return false;
    }
    return super.push(chunk);
  }

  override _read(bytes: number): void {
    if (this.#crumbs.length === 0) super._read(bytes);
    else this.#isMoreWanted = true;
  }

  /** The runtime's own way of dropping what nobody reads hears of no chunk. */
  _dump(): void {
    this.resume();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#takeCrumbs();
    super._destroy(error, done);
  }

  /** Whoever reads the body hears of its crumbs, and more of it is read where that is wanted. */
  putTogether(): void {
    const crumbs = this.#takeCrumbs();
    if (crumbs.length === 0) return;
    const bytes = Buffer.concat(crumbs);
    super.push(bytes);
    if (!this.#isMoreWanted) return;
    this.#isMoreWanted = false;
    super._read(bytes.length);
  }

  #waitForTurn(): void {
    this.#network ??= networkOf(this.socket.remoteAddress ?? "");
    turns.wait(this.#network, this);
  }

  /** They wait no more. */
  #takeCrumbs(): Buffer[] {
    const crumbs = this.#crumbs;
    this.#crumbs = [];
    if (this.#network !== null) turns.leave(this.#network, this);
    return crumbs;
  }
}

/** Of those whose crumbs wait one has its turn each time, of addresses in turn. Whoever has come to its end waits no more. */
class CrumbTurns {
  /** The address whose turn it is stands first. */
  readonly #waiting = new Map<string, Set<CrumbledRequest>>();
  #isComing = false;

  wait(network: string, request: CrumbledRequest): void {
    const own = this.#waiting.get(network) ?? new Set();
    this.#waiting.set(network, own.add(request));
    this.#come();
  }

  leave(network: string, request: CrumbledRequest): void {
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
    request?.putTogether();
  }
}

const turns = new CrumbTurns();
