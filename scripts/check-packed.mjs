// Packs the server and the SDK as npm would publish them, installs both in an empty folder, and uses them there: the command
// line, the configuration that `waybill init` writes, the page with its modules, the SDK, an engine in a process without a server.
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "./start-server.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const READY_MS_MAX = 60_000;

const PROGRAM = `import { Waybill } from "@waybill/sdk";
const waybill = new Waybill({ baseUrl: process.argv[2] });
const task = await waybill.submit({ kind: "greeting", input: { name: "Ada" } });
console.log(JSON.stringify(await task.result()));
`;

const IN_PROCESS = `import { defineHandler, openEngine } from "waybill";
import { z } from "zod";
const greeting = defineHandler({
  kind: "greeting",
  input: z.strictObject({ name: z.string() }),
  run: (ctx, { name }) => ctx.step("greet", async () => \`Hello, \${name}!\`),
});
const engine = await openEngine({ data: "./own", handlers: [greeting] });
const { id } = await engine.submit({ kind: "greeting", input: { name: "Ada" } });
const { state, output } = await engine.settled(id);
console.log(JSON.stringify({ state, output }));
await engine.close();
`;

const folder = await mkdtemp(join(tmpdir(), "waybill-packed-"));
const npm = (...args) =>
  execFileSync("npm", args, { cwd: folder, stdio: ["ignore", "pipe", "inherit"], encoding: "utf8" });
let server;
let url;
try {
  execFileSync("npm", ["pack", "--workspace", "sdk", "--workspace", "server", "--pack-destination", folder], {
    cwd: ROOT,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const tarballs = (await readdir(folder)).filter((name) => name.endsWith(".tgz")).map((name) => `./${name}`);
  assert.equal(tarballs.length, 2);
  await writeFile(join(folder, "package.json"), '{"name":"user","private":true,"type":"module"}');
  npm("install", "--no-audit", "--no-fund", "--prefer-offline", ...tarballs);
  for (const name of ["waybill", "@waybill/sdk"]) {
    for (const file of ["README.md", "LICENSE"]) {
      assert.ok(existsSync(join(folder, "node_modules", name, file)), `${name} has no ${file}`);
    }
  }

  await writeFile(join(folder, "program.mjs"), PROGRAM);
  const bin = join(folder, "node_modules/.bin/waybill");
  const { stderr: told } = spawnSync(bin, ["init"], { cwd: folder, encoding: "utf8" });
  // Only now: what runs beside this would take a port that nobody listens on for the time of an installation.
  const port = await freePort();
  url = `http://localhost:${port}`;
  const flags = ["--port", String(port), "--lens-port", "none"];
  server = spawn(bin, ["dev", ...flags], { cwd: folder, stdio: "ignore" });
  const exited = new Promise((resolve) => server.once("exit", resolve));
  for (const began = performance.now(); !(await answers("/health")); await sleep(50)) {
    assert.ok(server.exitCode === null && performance.now() - began < READY_MS_MAX, "it is not ready");
  }

  const said = execFileSync(process.execPath, ["program.mjs", url], { cwd: folder, encoding: "utf8" });
  assert.equal(said.trim(), '"Hello, Ada!"');
  assert.match(execFileSync(bin, ["list", "--url", url], { cwd: folder, encoding: "utf8" }), /greeting/);
  const commands = [...told.matchAll(/^(?:Then|And): (waybill submit .+)$/gm)].map(([, command]) => command);
  const results = commands.map((command) =>
    execFileSync("bash", ["-c", `"$0" ${command.slice("waybill ".length)} --url ${url}`, bin], {
      cwd: folder,
      stdio: ["ignore", "pipe", "ignore"],
      encoding: "utf8",
    }),
  );
  assert.match(results[0], /It is sunny in Oslo/);
  assert.equal(results[1].trim(), "Hello, Ada!");
  const page = await (await fetch(`${url}/dashboard/`)).text();
  const files = [...page.matchAll(/"([\w./-]+\.(?:js|css))"/g)].map(
    ([, path]) => new URL(path, `${url}/dashboard/`).pathname,
  );
  assert.ok(files.some((path) => path.endsWith(".css")) && files.some((path) => path.includes("/sdk/")));
  for (const path of files) assert.ok(await answers(path), `${path} is not there`);
  assert.ok(await answers("/docs"));

  await writeFile(join(folder, "in-process.mjs"), IN_PROCESS);
  const own = execFileSync(process.execPath, ["in-process.mjs"], { cwd: folder, encoding: "utf8" });
  assert.deepEqual(JSON.parse(own), { state: "completed", output: "Hello, Ada!" });

  server.kill("SIGTERM");
  assert.equal(await exited, 0);
  console.log(`packed, installed and used: ${tarballs.join(", ")}, ${files.length} files of the page`);
} finally {
  server?.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
}

async function answers(path) {
  try {
    return (await fetch(url + path)).ok;
  } catch {
    return false;
  }
}
