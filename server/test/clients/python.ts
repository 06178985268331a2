/** Clients of others that are written in Python: each folder has what they are in `requirements.txt`, and its checks. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";

async function run(command: string, words: string[], env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const child = spawn(command, words, { stdio: "inherit", env });
  const [code]: unknown[] = await once(child, "exit");
  return typeof code === "number" ? code : 1;
}

async function must(command: string, words: string[]): Promise<void> {
  const code = await run(command, words);
  if (code !== 0) throw new Error(`${command} ended with ${code}`);
}

/**
 * Installs what the folder beside `url` requires into an environment of its own under `node_modules/`, and what is in its
 * `without-dependencies.txt` without any that are not named there; runs its
 * `conformance.py` there, and resolves with the exit code: 0 when all checks pass.
 */
export async function installedClient(url: string): Promise<(env: NodeJS.ProcessEnv) => Promise<number>> {
  const folder = fileURLToPath(new URL(".", url));
  const name = relative(fileURLToPath(new URL(".", import.meta.url)), folder).replaceAll("/", "-");
  const environment = fileURLToPath(new URL(`../../../node_modules/.cache/${name}-client`, import.meta.url));
  const python = `${environment}/bin/python`;
  if (!existsSync(python)) await must("python3", ["-m", "venv", environment]);
  const install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"];
  await must(python, [...install, "-r", `${folder}requirements.txt`]);
  const alone = `${folder}without-dependencies.txt`;
  if (existsSync(alone)) await must(python, [...install, "--no-deps", "-r", alone]);
  await must(python, [fileURLToPath(new URL("../../../scripts/python-licences.py", import.meta.url))]);
  return (env) => run(python, [`${folder}conformance.py`], { ...process.env, PYTHONDONTWRITEBYTECODE: "1", ...env });
}
