/**
 * Runs Shannon's official client for Python, unmodified, against a server that this starts: `node run.ts`. The client
 * comes from `requirements.txt` into an environment of its own under `node_modules/`. Exit code 0 when all checks pass.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { startShannonServer } from "../../shannon-server.ts";

const ENVIRONMENT = fileURLToPath(new URL("../../../../node_modules/.cache/shannon-client", import.meta.url));
const PYTHON = `${ENVIRONMENT}/bin/python`;

async function run(command: string, words: string[], env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const child = spawn(command, words, { stdio: "inherit", env });
  const [code]: unknown[] = await once(child, "exit");
  return typeof code === "number" ? code : 1;
}

async function must(command: string, words: string[]): Promise<void> {
  const code = await run(command, words);
  if (code !== 0) throw new Error(`${command} ended with ${code}`);
}

if (!existsSync(PYTHON)) await must("python3", ["-m", "venv", ENVIRONMENT]);
const requirements = fileURLToPath(new URL("requirements.txt", import.meta.url));
await must(PYTHON, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]);

const server = await startShannonServer();
const strict = await startShannonServer({ mode: "serve", keys: [{ user: "ada" }] });
const control = createServer((request, response) => {
  if (request.url === "/release") server.release();
  const held = request.url === "/held" ? server.held() : Promise.resolve();
  void held.then(() => response.end());
});
control.listen(0, "127.0.0.1");
await once(control, "listening");
const address = control.address();
const port = typeof address === "object" && address !== null ? address.port : 0;

const code = await run(PYTHON, [fileURLToPath(new URL("conformance.py", import.meta.url))], {
  ...process.env,
  PYTHONDONTWRITEBYTECODE: "1",
  SHANNON_BASE_URL: server.shannonUrl.replace(/\/$/, ""),
  SHANNON_API_KEY: "sk_test_123456",
  SHANNON_SERVE_URL: strict.shannonUrl.replace(/\/$/, ""),
  CONTROL_URL: `http://127.0.0.1:${port}`,
});
control.close();
control.closeAllConnections();
await Promise.all([server.stop(), strict.stop()]);
process.exitCode = code;
