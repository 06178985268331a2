/** The built server as a process of its own, to be measured, stopped or killed. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";

export const BIN = fileURLToPath(new URL("../server/bin/waybill.js", import.meta.url));
/** What hangs is never ready; a busy machine takes minutes. */
const READY_MS_MAX = 600_000;
/** What is kept of the server's own words, for whoever asks why it ended. */
const WORDS_MAX = 4_000;

/** Those that run: none outlives whoever measures it, however that one ends. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const server of running) server.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));

/** `bin` is that of another build of Waybill. */
export type Start = {
  mode?: "dev" | "serve";
  flags?: string[];
  env?: Record<string, string>;
  node?: string[];
  bin?: string;
};

export class Server {
  readonly url: string;
  readonly startedAt = performance.now();
  readonly #process: ChildProcess;
  #words = "";

  constructor(data: string, port: number, { mode = "dev", flags = [], env = {}, node = [], bin = BIN }: Start = {}) {
    this.url = `http://127.0.0.1:${port}`;
    const own = ["--data", data, "--port", String(port), "--lens-port", "none"];
    this.#process = spawn(process.execPath, [...node, bin, mode, ...own, ...flags], {
      env: { ...process.env, ...env },
      stdio: ["ignore", "ignore", "pipe"],
    });
    running.add(this.#process);
    this.#process.once("exit", () => running.delete(this.#process));
    this.#process.stderr?.on("data", (chunk: Buffer) => {
      this.#words = (this.#words + chunk.toString()).slice(-WORDS_MAX);
    });
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  get hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  get words(): string {
    return this.#words;
  }

  /** Milliseconds from the start of the process to its first good answer. */
  async ready(): Promise<number> {
    while (performance.now() - this.startedAt < READY_MS_MAX) {
      if (this.hasEnded) throw new Error(`The server ended before it was ready:\n${this.#words}`);
      const answer = await fetch(`${this.url}/health`).catch(() => null);
      await answer?.arrayBuffer();
      if (answer?.ok) return performance.now() - this.startedAt;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`The server was not ready within ${READY_MS_MAX} ms:\n${this.#words}`);
  }

  async end(signal: "SIGKILL" | "SIGTERM"): Promise<{ code: number | null; ms: number }> {
    const from = performance.now();
    if (!this.hasEnded) {
      const ended = once(this.#process, "exit");
      this.#process.kill(signal);
      await ended;
    }
    return { code: this.#process.exitCode, ms: performance.now() - from };
  }
}

/** A key of a data folder that no server uses. */
export function makeKey(data: string, tenant = "default", bin = BIN): string {
  const made = spawnSync(process.execPath, [bin, "keys", "create", "--data", data, "--tenant", tenant], {
    encoding: "utf8",
  });
  if (made.status !== 0) throw new Error(`No key could be made:\n${made.stderr}`);
  return made.stdout.trim();
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  if (address === null || typeof address === "string") throw new Error("No port is free.");
  return address.port;
}
