/**
 * A process that will read one file. It is killed when it takes too much memory, and whatever it dies of is told as one
 * error.
 */
import type { ChildProcess } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { confinedProcess, holdOn, letIdle } from "./confined-process.ts";
import { ExtractionError } from "./extraction.ts";
import type { Limits } from "./limits.ts";
import { type FromReader, fromReader, type ToReader } from "./messages.ts";

const MEMORY_CHECK_MS = 100;
/** How V8 ends a process whose heap is full. */
const HEAP_FULL_SIGNALS: readonly (NodeJS.Signals | null)[] = ["SIGABRT", "SIGTRAP", "SIGILL"];
const HEAP_FULL_CODES: readonly (number | null)[] = [133, 134, 132];

export class ReaderProcess {
  readonly #child: ChildProcess;
  #listener: (message: FromReader) => void = () => {};
  #reason: ExtractionError | null = null;
  readonly #whenReady = Promise.withResolvers<void>();
  readonly #whenEnded = Promise.withResolvers<ExtractionError>();

  constructor(limits: Limits) {
    this.#child = confinedProcess("reader-entry", limits.heapMb);
    this.#child.on("error", () => this.end(crash()));
    this.#child.on("message", (message) => this.#hear(message));
    this.#child.once("exit", (code, signal) => this.#whenEnded.resolve(this.#reason ?? deathOf(code, signal)));
    const timer = setTimeout(() => this.end(crash()), limits.startMs);
    void Promise.race([this.#whenReady.promise, this.#whenEnded.promise]).then(() => clearTimeout(timer));
  }

  /** Resolves once it is gone, with why. */
  get ended(): Promise<ExtractionError> {
    return this.#whenEnded.promise;
  }

  /** It neither keeps the server from ending nor is heard while it waits for a file. */
  idle(): void {
    letIdle(this.#child);
  }

  /** Resolves when it can be sent a file, and rejects with `ExtractionError` when it ends before. */
  async begin(listener: (message: FromReader) => void, bytes: number, limits: Limits): Promise<void> {
    this.#listener = listener;
    holdOn(this.#child);
    this.#watchMemory(limits.memoryBytes + bytes);
    const ended = await Promise.race([this.#whenReady.promise.then(() => null), this.ended]);
    if (ended) throw ended;
  }

  send(message: ToReader): void {
    // To one that is dying it cannot be sent; its end says all there is to say.
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  /** Kills it. `reason` is what `ended` says, unless it had ended before. */
  end(reason: ExtractionError): void {
    this.#reason ??= reason;
    this.#listener = () => {};
    if (!this.#child.kill("SIGKILL") && this.#child.pid === undefined) this.#whenEnded.resolve(this.#reason);
  }

  #hear(message: unknown): void {
    const heard = fromReader.safeParse(message);
    if (!heard.success) this.end(crash());
    else if (heard.data.type === "ready") this.#whenReady.resolve();
    else this.#listener(heard.data);
  }

  /** Where the system tells it; elsewhere the bound on the heap alone holds. */
  #watchMemory(bytesMax: number): void {
    const status = `/proc/${this.#child.pid}/status`;
    if (!existsSync(status)) return;
    const timer = setInterval(() => {
      if (residentBytes(status) <= bytesMax) return;
      this.end(new ExtractionError("too_large", "It takes more memory to read than there is for one file."));
    }, MEMORY_CHECK_MS);
    timer.unref();
    void this.ended.then(() => clearInterval(timer));
  }
}

function residentBytes(status: string): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(status, "utf8"))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

function crash(): ExtractionError {
  return new ExtractionError("internal_error", "The process that read it broke down.");
}

function deathOf(code: number | null, signal: NodeJS.Signals | null): ExtractionError {
  if (HEAP_FULL_SIGNALS.includes(signal) || HEAP_FULL_CODES.includes(code))
    return new ExtractionError("too_large", "It takes more memory to read than there is for one file.");
  return crash();
}
