/**
 * Runs the clients of watsonx Orchestrate's own development kit for Python, unmodified, against servers that this starts:
 * `node run.ts`. They come from `requirements.txt` into an environment of their own under `node_modules/`. Exit code 0
 * when all checks pass.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startShannonServer } from "../../shannon-server.ts";

const ENVIRONMENT = fileURLToPath(new URL("../../../../node_modules/.cache/orchestrate-client", import.meta.url));
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

const local = await startShannonServer();
const hosted = await startShannonServer({ mode: "serve", keys: [{ user: "ada" }] });
const home = await mkdtemp(join(tmpdir(), "waybill-client-"));
const code = await run(PYTHON, [fileURLToPath(new URL("conformance.py", import.meta.url))], {
  ...process.env,
  // The kit keeps settings there.
  HOME: home,
  PYTHONDONTWRITEBYTECODE: "1",
  LOCAL_URL: local.lensUrls["orchestrate"] ?? "",
  HOSTED_URL: hosted.lensUrls["orchestrate"] ?? "",
  HOSTED_KEY: hosted.secrets[0] ?? "",
});
await Promise.all([local.stop(), hosted.stop(), rm(home, { recursive: true, force: true })]);
process.exitCode = code;
