// Puts a server behind the nginx and the Caddy of examples/production, with TLS, and calls it through them: health, HSTS, an
// event stream that comes as it happens, a held answer, a large file, a body that is too large, whose address counts. Of the
// proxies those are tried that this machine has. `node scripts/check-proxies.mjs`, also needs openssl.
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort, NODE } from "./start-server.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const NAME = "waybill.example.com";
const READY_MS_MAX = 60_000;
const folder = await mkdtemp(join(tmpdir(), "waybill-proxies-"));
const example = (name) => readFile(join(ROOT, "examples/production", name), "utf8");
const processes = [];

/** Each gives the proxy's program, and its configuration for these ports. */
const PROXIES = {
  nginx: async ({ port, plainPort, upstream }) => {
    const site = (await example("nginx.conf"))
      .replace("listen 80;", `listen 127.0.0.1:${plainPort};`)
      .replace("listen 443 ssl http2;", `listen 127.0.0.1:${port} ssl http2;`)
      .replace("127.0.0.1:7420", `127.0.0.1:${upstream}`)
      .replaceAll("/etc/ssl/waybill/", `${folder}/`);
    await writeFile(join(folder, "site.conf"), site);
    const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (name) => `${name}_temp_path ${folder}/${name};`,
    );
    const whole = `daemon off; pid ${folder}/nginx.pid; error_log stderr warn; events {} http { ${paths.join(" ")} include ${folder}/site.conf; }`;
    await writeFile(join(folder, "nginx.conf"), whole);
    return ["nginx", ["-c", join(folder, "nginx.conf"), "-p", folder]];
  },
  caddy: async ({ port, plainPort, upstream }) => {
    const site = (await example("Caddyfile"))
      .replace("{\n\tservers", `{\n\tadmin off\n\thttp_port ${plainPort}\n\thttps_port ${port}\n\tservers`)
      .replace(`${NAME} {`, `${NAME} {\n\ttls ${folder}/fullchain.pem ${folder}/privkey.pem`)
      .replace("127.0.0.1:7420", `127.0.0.1:${upstream}`);
    await writeFile(join(folder, "Caddyfile"), site);
    return ["caddy", ["run", "--adapter", "caddyfile", "--config", join(folder, "Caddyfile")]];
  },
};

function start(command, words, env = {}) {
  const child = spawn(command, words, {
    cwd: folder,
    env: { ...process.env, HOME: folder, ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const started = { child, said: "", exited: new Promise((resolve) => child.once("exit", resolve)) };
  child.stderr.on("data", (chunk) => {
    started.said = (started.said + chunk).slice(-10_000);
  });
  processes.push(started);
  return started;
}

/** One request through a proxy, or to a server with no TLS before it. */
function call(port, path, { method = "GET", headers = {}, body, onChunk = () => {} } = {}) {
  const options = { host: "127.0.0.1", servername: NAME, port, path, method, rejectUnauthorized: false };
  return new Promise((resolve, reject) => {
    const sent = request({ ...options, headers: { host: NAME, ...headers } }, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
        onChunk(text);
      });
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, text }));
      response.on("error", reject);
    });
    sent.on("error", reject).end(body);
  });
}

async function until(what, is) {
  for (const began = performance.now(); !(await is().catch(() => false)); await sleep(50)) {
    assert.ok(performance.now() - began < READY_MS_MAX, `${what}: ${processes.map(({ said }) => said).join("\n")}`);
  }
}

async function tried(name, key) {
  const [port, plainPort, upstream] = [await freePort(), await freePort(), await freePort()];
  const data = join(folder, "data");
  const flags = [
    "--data",
    data,
    "--port",
    upstream,
    "--host",
    "127.0.0.1",
    "--lens-port",
    "none",
    "--trust-proxy",
    "1",
  ];
  const words = ["serve", ...flags, "--public-url", `https://${NAME}`, "--log-level", "warn"];
  const server = start(NODE, [join(ROOT, "server/bin/waybill.js"), ...words.map(String)]);
  const proxy = start(...(await PROXIES[name]({ port, plainPort, upstream })));
  const authorization = `Bearer ${key}`;
  const json = { authorization, "content-type": "application/json" };
  await until(`${name} answers`, async () => (await call(port, "/health")).status === 200);

  const health = await call(port, "/health");
  assert.match(health.headers["strict-transport-security"], /^max-age=31536000/);
  assert.equal((await call(port, "/v1/tasks")).status, 401);
  assert.equal((await call(port, "/metrics", { headers: { authorization } })).status, 404);

  // A stream comes as it happens: its first event while the task still runs.
  const submitted = await call(port, "/v1/tasks", {
    method: "POST",
    headers: json,
    body: '{"kind":"external","input":{}}',
  });
  assert.equal(submitted.status, 202, submitted.text);
  const { id } = JSON.parse(submitted.text);
  let heard = "";
  const stream = call(port, `/v1/tasks/${id}/events`, {
    headers: { authorization, accept: "text/event-stream" },
    onChunk: (text) => {
      heard = text;
    },
  });
  await until(`${name} passes events on`, async () => heard.includes("task.submitted"));
  const held = call(port, `/v1/tasks/${id}?wait=60`, { headers: { authorization } });
  assert.equal((await call(port, `/v1/tasks/${id}/cancel`, { method: "POST", headers: json, body: "{}" })).status, 200);
  assert.match((await stream).text, /task\.cancelled/);
  assert.equal(JSON.parse((await held).text).state, "cancelled");

  // Files go through as they are, up to the bound of the proxy.
  const head = '--cut\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\n';
  const large = `${head}${"x".repeat(32 << 20)}\r\n--cut--\r\n`;
  const form = { authorization, "content-type": "multipart/form-data; boundary=cut" };
  const uploaded = await call(port, "/v1/files", { method: "POST", headers: form, body: large });
  assert.equal(uploaded.status, 202, uploaded.text);
  assert.equal(JSON.parse(uploaded.text).bytes, 32 << 20);
  const claimed = { ...form, "content-length": String(600 << 20), expect: "100-continue" };
  const refused = await call(port, "/v1/files", { method: "POST", headers: claimed }).catch(({ code }) => ({
    status: code,
  }));
  assert.ok([413, "ECONNRESET", "EPIPE"].includes(refused.status), `a body of 600 MB is ${refused.status}`);

  // Who says that it comes from elsewhere is believed by nobody: the proxy says whose address it is.
  const wrong = { authorization: "Bearer sk_wrong", "x-forwarded-for": "203.0.113.9", forwarded: "for=203.0.113.9" };
  assert.equal((await call(port, "/v1/me", { headers: wrong })).status, 401);
  const audit = await call(port, "/v1/audit", { headers: { authorization } });
  assert.ok(!audit.text.includes("203.0.113.9"), audit.text);

  for (const { child, exited } of [proxy, server]) {
    child.kill("SIGTERM");
    await exited;
  }
  console.log(`${name}: TLS, HSTS, streams, held answers, files and addresses pass through as they should`);
}

try {
  const certificate = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", `/CN=${NAME}`];
  const files = ["-keyout", join(folder, "privkey.pem"), "-out", join(folder, "fullchain.pem")];
  execFileSync("openssl", [...certificate, ...files], { stdio: "ignore" });
  const made = execFileSync(
    NODE,
    [join(ROOT, "server/bin/waybill.js"), "keys", "create", "--name", "proxy", "--data", join(folder, "data")],
    { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
  );
  const there = Object.keys(PROXIES).filter((name) => spawnSync(name, ["-h"], { stdio: "ignore" }).error === undefined);
  for (const name of there) await tried(name, made.trim());
  for (const name of Object.keys(PROXIES).filter((each) => !there.includes(each)))
    console.log(`${name}: not on this machine`);
} finally {
  for (const { child } of processes) child.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
}
