/** The built server as a process that can be killed. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";

const BIN = fileURLToPath(new URL("../../server/bin/waybill.js", import.meta.url));
const CONFIG = fileURLToPath(new URL("waybill.config.ts", import.meta.url));
const READY_MS_MAX = 30_000;
/** What is kept of the server's own words, for whoever asks why it ended. */
const WORDS_MAX = 4_000;

export type Killed = { readonly signal: NodeJS.Signals; readonly code: number | null; readonly ms: number };

export class Server {
  readonly url: string;
  readonly startedMs = performance.now();
  readonly #process: ChildProcess;
  #words = "";

  constructor(data: string, port: number, diary: string, graceS: number) {
    this.url = `http://127.0.0.1:${port}`;
    const flags = ["--data", data, "--port", String(port), "--lens-port", "none", "--config", CONFIG];
    this.#process = spawn(process.execPath, [BIN, "dev", ...flags, "--grace-s", String(graceS)], {
      env: { ...process.env, WAYBILL_KILL_DIARY: diary },
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#process.stderr?.on("data", (chunk: Buffer) => {
      this.#words = (this.#words + chunk.toString()).slice(-WORDS_MAX);
    });
  }

  get hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  get words(): string {
    return this.#words;
  }

  /** Milliseconds from the start of the process to its first answer. */
  async ready(): Promise<number> {
    while (performance.now() - this.startedMs < READY_MS_MAX) {
      if (this.hasEnded) throw new Error(`The server ended before it was ready:\n${this.#words}`);
      const answer = await fetch(`${this.url}/health`).catch(() => null);
      await answer?.arrayBuffer();
      if (answer?.ok) return performance.now() - this.startedMs;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`The server was not ready within ${READY_MS_MAX} ms:\n${this.#words}`);
  }

  async end(signal: "SIGKILL" | "SIGTERM"): Promise<Killed> {
    const from = performance.now();
    if (!this.hasEnded) {
      const ended = once(this.#process, "exit");
      this.#process.kill(signal);
      await ended;
    }
    return { signal, code: this.#process.exitCode, ms: performance.now() - from };
  }
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  if (address === null || typeof address === "string") throw new Error("No port is free.");
  return address.port;
}
