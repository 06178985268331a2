/**
 * Bodies that come in crumbs. A caller may send each byte as a chunk of its own, and then one read of its socket brings ten thousand
 * chunks: each costs whoever reads it as much as one of 64 KB, and a hundred times its size in memory. After some of them they
 * are put together, and of all connections that bring them one is read once in a while, for some 13 ms.
 */
import { ownTurns } from "../../task/json/own-turns.ts";

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

const ownTurn = ownTurns((run) => void setTimeout(run, READ_EVERY_MS));

/** A request as a listener makes it: the parser pushes each chunk of its body, and reads its socket when it asks for more. */
export class CrumbledRequest extends IncomingMessage {
  #chunks = 0;
  #crumbs: Buffer[] = [];
  #isMoreWanted = false;

  /** False ends the reading of the socket. */
  override push(chunk: Buffer | null): boolean {
    this.#chunks += 1;
    if (chunk === null) this.#putTogether();
    else if (this.#crumbs.length > 0 || (chunk.length < CRUMB_BYTES && this.#chunks > CHUNKS_FREE)) {
      const waiting = this.#crumbs.push(chunk);
      if (waiting === 1) void ownTurn().then(() => this.#putTogether());
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

  #putTogether(): void {
    if (this.#crumbs.length === 0) return;
    const bytes = Buffer.concat(this.#crumbs);
    this.#crumbs = [];
    if (this.destroyed) return;
    super.push(bytes);
    if (!this.#isMoreWanted) return;
    this.#isMoreWanted = false;
    super._read(bytes.length);
  }
}
