/**
 * Whether a modest caller notices what others try: a fresh server in `serve` with its usual shares for each attack, by
 * the key of one tenant or by nobody, and the requests of another tenant meanwhile. Prints one table.
 *
 *   node bench/neighbour.ts [--seconds 8] [--write] [attack ...]
 *
 * `--write` puts the table into docs/torture.md, with the date and the machine.
 */

import { mkdtempSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { ATTACKS, type Heard, type Target } from "./neighbour/attacks.ts";
import { ask, type Door, type Noticed, neighbour } from "./neighbour/neighbour.ts";
import { freePort, makeKey, Server } from "./server.ts";

const PAGE = fileURLToPath(new URL("../docs/torture.md", import.meta.url));
const CONFIG = fileURLToPath(new URL("neighbour.config.ts", import.meta.url));
const P99_MS_WANTED = 100;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: "string", default: "8" }, write: { type: "boolean", default: false } },
});
const seconds = Number(values.seconds);
const wanted = Object.keys(ATTACKS).filter((name) => positionals.length === 0 || positionals.includes(name));

/** A server that nobody has asked anything yet, so that no attack is blamed for what another one has left. */
async function withServer(play: (server: Server, target: Target, door: Door) => Promise<void>): Promise<void> {
  const data = mkdtempSync(path.join(tmpdir(), "waybill-neighbour-"));
  const [greedy, modest] = [makeKey(data, "greedy"), makeKey(data, "modest")];
  const flags = ["--log-level", "error", "--config", CONFIG];
  const server = new Server(data, await freePort(), { mode: "serve", flags });
  try {
    await server.ready();
    const { hostname: host, port } = new URL(server.url);
    const door = { host, port: Number(port), key: modest };
    const attacked = { ...door, key: greedy };
    const body = '{"kind":"external","input":{"queue":"q"}}';
    const made = await ask(attacked, { method: "POST", path: "/v1/tasks", body }, false);
    // The first who lists waits for a thread of the store to start, whoever attacks.
    await ask(door, { method: "GET", path: "/v1/tasks?limit=5" }, false);
    await play(server, { ...attacked, task: JSON.parse(made.text).id }, door);
  } finally {
    await server.end("SIGKILL");
    await rm(data, { recursive: true, force: true });
  }
}

function during(door: Door): Promise<Noticed> {
  const from = performance.now();
  return neighbour(door, () => performance.now() - from > seconds * 1_000);
}

async function besieged(name: string, target: Target, door: Door): Promise<{ heard: Heard; noticed: Noticed }> {
  const worker = new Worker(new URL("./neighbour/attacker.ts", import.meta.url), { workerData: { name, target } });
  const heard = new Promise<Heard>((resolve, reject) => worker.once("message", resolve).once("error", reject));
  const noticed = await during(door);
  worker.postMessage("over");
  return { heard: await heard, noticed };
}

async function megabytes({ pid }: Server): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_024);
}

const rows: string[] = [];
function tell(name: string, tried: string, heard: Heard | null, noticed: Noticed, mb: number): void {
  const answers = Object.entries(heard ?? {}).map(([what, times]) => `${what}: ${times.toLocaleString("en")}`);
  const { requests, failed, p50Ms, p99Ms } = noticed;
  const cells = [name, tried, answers.join(", ") || "nothing", `${requests}`, `${failed.length}`];
  const row = [...cells, `${p50Ms.toFixed(1)} ms`, `${p99Ms.toFixed(1)} ms`, `${mb} MB`];
  rows.push(`| ${row.join(" | ")} |`);
  console.log(rows.at(-1));
  console.log(`  slowest: ${noticed.slowest.join("; ")}`);
  for (const each of failed.slice(0, 3)) console.log(`  failed: ${each}`);
  if (failed.length > 0 || p99Ms > P99_MS_WANTED) process.exitCode = 1;
}

await withServer(async (server, _target, door) =>
  tell("none", "nothing", null, await during(door), await megabytes(server)),
);
for (const name of wanted) {
  await withServer(async (server, target, door) => {
    const { heard, noticed } = await besieged(name, target, door);
    tell(name, ATTACKS[name]?.tried ?? "", heard, noticed, await megabytes(server));
    if (server.hasEnded) process.exitCode = 1;
  });
}
if (values.write) await write();

async function write(): Promise<void> {
  const [cpu] = cpus();
  const load = (loadavg()[0] ?? 0).toFixed(1);
  // What other scripts have to tell stands behind it, each under a heading of its own.
  const [, ...others] = (await readFile(PAGE, "utf8")).split(/(?=\n## )/);
  await writeFile(
    PAGE,
    `# Torture

What was tried to take a server from its other callers, what it answered, and what a modest caller of another tenant noticed,
who read, listed, submitted and asked for its health meanwhile, from the same address. Printed by \`node bench/neighbour.ts
--write\`; \`server/test/neighbour.test.ts\` has the short form, which asserts no times. The shares are those that
\`serve\` has by itself: [operations](operations.md#a-share-for-everybody).

Seen on ${new Date().toISOString().slice(0, 10)}: Node.js ${process.versions.node}, ${availableParallelism()} cores (${cpu?.model.trim()}), a fresh
server for each attack, the attacks on the same machine, ${seconds} s each, a load of ${load} at the end. Wanted: no failed request, and a p99 under ${P99_MS_WANTED} ms.

| attack | what was tried | what it was answered | requests of the neighbour | failed | p50 | p99 | memory after it |
|---|---|---|---|---|---|---|---|
${rows.join("\n")}
${others.join("")}`,
  );
}
