// Redis and PostgreSQL in folders of their own, as durable as ours, where this machine has them.
import { execFileSync, spawn } from "node:child_process";
import { accessSync, chownSync, constants, mkdirSync, readdirSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const READY_MS_MAX = 30_000;
const DEBIAN = "/usr/lib/postgresql";

/** The path of a program, also where Debian puts it; null where there is none. */
function found(name) {
  const debian = list(DEBIAN).map((version) => join(DEBIAN, version, "bin"));
  for (const folder of [...debian.reverse(), ...(process.env.PATH ?? "").split(delimiter)]) {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return join(folder, name);
    } catch {}
  }
  return null;
}

function list(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Every answer is on disk: an append-only file that is synced with each write. */
export async function startRedis(root) {
  const program = found("redis-server");
  if (!program) return null;
  const dir = join(root, "redis");
  mkdirSync(dir);
  const port = await freePort();
  const durable = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""];
  const flags = ["--port", String(port), "--bind", "127.0.0.1", "--dir", dir, "--maxmemory-policy", "noeviction"];
  const server = spawn(program, [...flags, ...durable], { stdio: "ignore" });
  await listens(port);
  return { port, stop: () => ended(server, "SIGTERM") };
}

/** As it comes: every commit is synced. */
export async function startPostgres(root) {
  const [program, initdb] = [found("postgres"), found("initdb")];
  if (!program || !initdb) return null;
  const dir = join(root, "postgres");
  mkdirSync(dir);
  // It refuses to run as root: then it runs as the user that its package makes.
  const as = process.getuid?.() === 0 ? { uid: idOf("-u"), gid: idOf("-g") } : {};
  if (as.uid !== undefined) {
    chownSync(root, as.uid, as.gid);
    chownSync(dir, as.uid, as.gid);
  }
  execFileSync(initdb, ["-D", dir, "-U", "bench", "--auth", "trust"], { ...as, cwd: dir, stdio: "ignore" });
  const port = await freePort();
  const settings = ["-c", "max_connections=300", "-c", `unix_socket_directories=${dir}`];
  const flags = ["-D", dir, "-p", String(port), "-c", "listen_addresses=127.0.0.1", ...settings];
  const server = spawn(program, flags, { ...as, cwd: dir, stdio: "ignore" });
  await listens(port);
  const url = (database = "postgres") => `postgres://bench@127.0.0.1:${port}/${database}`;
  return { url, stop: () => ended(server, "SIGINT") };
}

function idOf(flag) {
  return Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
}

async function ended(server, signal) {
  const exit = new Promise((resolve) => server.once("exit", resolve));
  server.kill(signal);
  await exit;
}

export async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function listens(port) {
  for (const from = performance.now(); performance.now() - from < READY_MS_MAX; await sleep(50)) {
    const answers = await new Promise((resolve) => {
      const socket = createConnection({ port, host: "127.0.0.1" });
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("close", () => {}).setTimeout(1_000, () => socket.destroy());
    });
    if (answers) return;
  }
  throw new Error(`Nothing listens on port ${port}.`);
}
