/**
 * What requests have paid while a full disk took no rows: a file of a fixed size, laid by when there is room and written in its
 * place, so that neither a stop nor a kill takes what was paid out of the sums. A payment a line, before the empty ones.
 */
import { closeSync, fsyncSync, openSync, readSync, statSync, writeFileSync, writeSync } from "node:fs";
import { z } from "zod";
import { usageCall } from "../task/usage.ts";

const payment = z
  .strictObject({
    /** What is added again under the same id counts once, */
    id: z.string(),
    /** as long as no other is added in its place. An older version has kept none: each has one for itself then. */
    place: z.string().optional(),
    owner: z.strictObject({ tenant: z.string(), user: z.string() }),
    at: z.int(),
    calls: z.array(usageCall.omit({ key: true, raw: true })),
  })
  .transform((read) => ({ ...read, place: read.place ?? read.id }));
export type Payment = z.infer<typeof payment>;

/** Some hundred payments. */
export const UNWRITTEN_BYTES = 256 << 10;

export class UnwrittenUsageFile {
  readonly #path: string;
  #used = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Those that a process before has kept, which stay kept. */
  read(): Payment[] {
    const found: Payment[] = [];
    this.#used = 0;
    const bytes = this.#bytes();
    for (let from = 0; from < bytes.length; ) {
      const end = bytes.indexOf("\n", from);
      const to = end === -1 ? bytes.length : end;
      // What is no payment was cut by a kill, or harmed: those after it count, and it goes with them.
      const read = to === from ? null : payment.safeParse(parsed(bytes.toString("utf8", from, to)));
      if (read?.success) found.push(read.data);
      if (to > from) this.#used = Math.min(to + 1, UNWRITTEN_BYTES);
      from = to + 1;
    }
    return found;
  }

  /** Makes room for it, where there is some. Nothing may be kept. */
  lay(): void {
    try {
      if (statSync(this.#path, { throwIfNoEntry: false })?.size === UNWRITTEN_BYTES) return;
      writeFileSync(this.#path, "\n".repeat(UNWRITTEN_BYTES), { mode: 0o600 });
    } catch {
      // Without it, what a full disk refuses waits in memory.
    }
  }

  /** False where it has no room. */
  keep(given: Payment): boolean {
    const line = Buffer.from(`${JSON.stringify(given)}\n`);
    // The line after the last stays empty.
    if (this.#used + line.length >= UNWRITTEN_BYTES || !this.#write(line, this.#used)) return false;
    this.#used += line.length;
    return true;
  }

  /** All of them are in the sums: nothing of them stays. */
  clear(): void {
    if (this.#used > 0 && this.#write(Buffer.alloc(this.#used, "\n"), 0)) this.#used = 0;
  }

  /** No more than its size: a harmed one may be as large as the disk. */
  #bytes(): Buffer {
    try {
      const file = openSync(this.#path, "r");
      try {
        const bytes = Buffer.alloc(UNWRITTEN_BYTES);
        return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0));
      } finally {
        closeSync(file);
      }
    } catch {
      return Buffer.alloc(0);
    }
  }

  #write(bytes: Buffer, position: number): boolean {
    try {
      const file = openSync(this.#path, "r+");
      try {
        // A full disk may take a part of what lies behind the end of a file that is too short.
        const isWhole = writeSync(file, bytes, 0, bytes.length, position) === bytes.length;
        fsyncSync(file);
        return isWhole;
      } finally {
        closeSync(file);
      }
    } catch {
      return false;
    }
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
