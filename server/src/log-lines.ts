/**
 * The log, on standard error. The lines of one turn of the event loop go out in one write: a write for each of them costs as
 * much as a tenth of a request.
 */
import { pino } from "pino";

/** What the log may hold back while nobody takes it: what is more is dropped. */
const HELD_BYTES_MAX = 1 << 20;
/** What one turn may say before it goes out at once. */
const TURN_CHARS_MAX = 64 << 10;

/** Those with lines that are not out yet: a process that ends in this turn writes them first. */
const unwritten = new Set<LogLines>();
process.on("exit", () => {
  for (const lines of unwritten) lines.flushSync();
});

export class LogLines {
  /** A log that cannot be written, as on a full disk, stops nothing. */
  readonly #out = pino.destination({ fd: 2, sync: true, maxLength: HELD_BYTES_MAX }).on("error", () => {});
  #lines = "";

  write(line: string): void {
    if (this.#lines === "") {
      unwritten.add(this);
      setImmediate(() => this.flushSync());
    }
    this.#lines += line;
    if (this.#lines.length > TURN_CHARS_MAX) this.flushSync();
  }

  flushSync(): void {
    unwritten.delete(this);
    if (this.#lines !== "") this.#out.write(this.#lines);
    this.#lines = "";
  }
}
