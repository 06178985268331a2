/** Identities in the order of their making, also within one millisecond (RFC 9562, 6.2, monotonic random). */
import { randomBytes } from "node:crypto";
import { type TaskId, taskIdFromBytes, uuidFromBytes, uuidV7Bytes } from "../task/id.ts";

/** Where random bits come from: the system's source, or a seeded one in the simulator. */
export type RandomBytes = (size: number) => Uint8Array;
export const systemRandomBytes: RandomBytes = (size) => randomBytes(size);

const POOL_BYTES = 4_096;

export class Ids {
  readonly #random: RandomBytes;
  #at = -1;
  #last: Uint8Array = new Uint8Array(16);
  #pool: Uint8Array = new Uint8Array(0);
  /** How much of it is used. */
  #drawn = 0;

  constructor(random: RandomBytes) {
    this.#random = random;
  }

  taskId(now: number): TaskId {
    return taskIdFromBytes(this.#next(now));
  }

  uuid(now: number): string {
    return uuidFromBytes(this.#next(now));
  }

  /** A UUID that tells nothing of when it was made: for ids that callers see. */
  randomUuid(): string {
    const bytes = Uint8Array.from(this.#random(16));
    bytes[6] = 0x40 | ((bytes[6] ?? 0) & 0x0f);
    bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
    return uuidFromBytes(bytes);
  }

  secret(size: number): string {
    return Buffer.from(this.#random(size)).toString("base64url");
  }

  /** A call of the system's source costs 2 us, however little it is asked for. */
  #draw(size: number): Uint8Array {
    if (this.#drawn + size > this.#pool.length) {
      this.#pool = this.#random(POOL_BYTES);
      this.#drawn = 0;
    }
    const from = this.#drawn;
    this.#drawn += size;
    return this.#pool.subarray(from, this.#drawn);
  }

  #next(now: number): Uint8Array {
    // A clock that was set back does not put new tasks before old ones.
    const at = Math.max(now, this.#at);
    this.#last = at > this.#at ? uuidV7Bytes(at, this.#draw(16)) : successor(this.#last);
    this.#at = at;
    return this.#last;
  }
}

/** One more in the low 62 random bits, which never run over within a millisecond in practice. */
function successor(bytes: Uint8Array): Uint8Array {
  const next = new Uint8Array(bytes);
  for (let at = 15; at > 8; at--) {
    const byte = ((next[at] ?? 0) + 1) % 256;
    next[at] = byte;
    if (byte !== 0) return next;
  }
  return next;
}
