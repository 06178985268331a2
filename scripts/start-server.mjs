// A server of this checkout for whoever checks one: in a folder of its own, on free ports unless some are asked for.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
export const NODE = join(ROOT, "node_modules", ".bin", "node");
const READY_MS_MAX = 60_000;
/** What a developer has set for models is not what is checked. */
const WITHOUT_PROVIDERS = {
  ...{ OPENAI_API_KEY: "", OPENAI_BASE_URL: "", OPENAI_MODEL: "", ANTHROPIC_API_KEY: "" },
  ...{ OLLAMA_HOST: "", OLLAMA_BASE_URL: "", WAYBILL_MODEL: "" },
};
const STOPPED_MS_MAX = 30_000;

/** A port that is free at this moment. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/**
 * Starts `waybill dev`, or `serve` where that is the `mode`, and resolves once it answers. `flags` are added to its command
 * line, `env` to its environment.
 */
export async function startServer({ mode = "dev", data, port, shannonPort, flags = [], cwd, env = {} } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "waybill-examples-"));
  const native = port ?? (await freePort());
  const shannon = shannonPort ?? (await freePort());
  const kept = ["--data", data ?? join(folder, "data")];
  const args = [mode, ...kept, "--port", native, "--lens-port", `shannon=${shannon}`, ...flags];
  const server = spawn(NODE, [join(ROOT, "server", "bin", "waybill.js"), ...args.map(String)], {
    cwd: cwd ?? folder,
    env: { ...process.env, ...WITHOUT_PROVIDERS, ...env },
    stdio: ["ignore", "inherit", "pipe"],
  });
  let said = "";
  server.stderr.on("data", (chunk) => {
    said = (said + chunk).slice(-20_000);
  });
  const exited = new Promise((resolve) => server.once("exit", (code, signal) => resolve(code ?? signal)));
  const url = `http://localhost:${native}`;
  const shannonUrl = `http://localhost:${shannon}`;

  const giveUpAt = Date.now() + READY_MS_MAX;
  while (!(await isReady(`${shannonUrl}/health`))) {
    const ended = server.exitCode ?? server.signalCode;
    if (ended !== null || Date.now() > giveUpAt) {
      server.kill("SIGKILL");
      const why = ended === null ? `no answer within ${READY_MS_MAX / 1_000} s` : `it ended with ${ended}`;
      throw new Error(`the server did not start (${why}):\n${said}`);
    }
    await sleep(50);
  }
  return {
    url,
    shannonUrl,
    said: () => said,
    /** Ends it as a power cut would. */
    async kill() {
      server.kill("SIGKILL");
      await exited;
    },
    /** Ends it as an operator would, and resolves with its exit code. */
    async stop() {
      const hurry = setTimeout(() => server.kill("SIGKILL"), STOPPED_MS_MAX);
      server.kill("SIGTERM");
      const code = await exited;
      clearTimeout(hurry);
      await rm(folder, { recursive: true, force: true });
      return code;
    },
  };
}

async function isReady(url) {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}
