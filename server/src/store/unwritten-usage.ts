/**
 * What requests have paid while a full disk took no rows: a file of a fixed size, laid by when there is room and written in its
 * place, so that neither a stop nor a kill takes what was paid out of the sums. A payment a line, up to the first empty one.
 */
import { closeSync, fsyncSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from "node:fs";
import { z } from "zod";
import { usageCall } from "../task/usage.ts";

const payment = z.strictObject({
  /** What is added again under the same id counts once. */
  id: z.string(),
  owner: z.strictObject({ tenant: z.string(), user: z.string() }),
  at: z.int(),
  calls: z.array(usageCall.omit({ key: true, raw: true })),
});
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
    for (const line of this.#text().split("\n")) {
      const read = line === "" ? null : payment.safeParse(parsed(line));
      // A line that a kill has cut is the last one: nobody was answered that it counts.
      if (!read?.success) break;
      found.push(read.data);
      this.#used += Buffer.byteLength(line) + 1;
    }
    return found;
  }

  /** Makes room for it, where there is some. Nothing may be kept. */
  lay(): void {
    if ((statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0) >= UNWRITTEN_BYTES) return;
    try {
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

  #text(): string {
    try {
      return readFileSync(this.#path, "utf8");
    } catch {
      return "";
    }
  }

  #write(bytes: Buffer, position: number): boolean {
    try {
      const file = openSync(this.#path, "r+");
      try {
        writeSync(file, bytes, 0, bytes.length, position);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      return true;
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
