// Starts the server as the README says, twice: it builds at most once, is soon ready, and ends with 0 at SIGTERM, with
// nothing left behind.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "./start-server.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** Building included; the second start has nothing to build. */
const READY_MS_MAX = [120_000, 15_000];

const folder = await mkdtemp(join(tmpdir(), "waybill-start-"));
const port = await freePort();
try {
  for (const readyMsMax of READY_MS_MAX) {
    const began = performance.now();
    const flags = ["--data", folder, "--port", String(port), "--lens-port", "none"];
    const npm = spawn("npm", ["start", "--silent", "--", ...flags], { cwd: ROOT, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    npm.stderr.on("data", (chunk) => {
      said += chunk;
    });
    const exited = new Promise((resolve) => npm.once("exit", (code, signal) => resolve(code ?? signal)));
    while (!(await answers())) {
      if (npm.exitCode !== null || performance.now() - began > readyMsMax) throw new Error(`it is not ready:\n${said}`);
      await sleep(20);
    }
    const readyMs = Math.round(performance.now() - began);
    const stopping = performance.now();
    npm.kill("SIGTERM");
    const code = await exited;
    if (code !== 0) throw new Error(`it ended with ${code}:\n${said}`);
    // The folder's lock and the port belong to the server's process alone.
    if (await answers()) throw new Error("npm is gone, and the server is still there");
    console.log(`ready after ${readyMs} ms, gone ${Math.round(performance.now() - stopping)} ms after SIGTERM, code 0`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function answers() {
  try {
    return (await fetch(`http://localhost:${port}/health`)).ok;
  } catch {
    return false;
  }
}
