// Attacks the keys of a server, and its `dev` as web pages and tunnels do. A part of scripts/torture.mjs. The tests have each of
// these too: `scopes`, `held-by-keys`, `callers`, `key-verbs`, `work-verbs`, `origin`, `two-keys`.
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { NODE, startServer } from "./start-server.mjs";
import { tell } from "./torture-row.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DOCUMENTS = ["", "/shannon", "/documents", "/orchestrate", "/a2a", "/bpm/api/4.0"];
const SCOPES = ["tasks", "work", "admin"];
const SOON_MS = 5_000;

const folder = await mkdtemp(join(tmpdir(), "waybill-torture-"));

function ask(server, method, path, { key, headers = {}, json } = {}) {
  const { hostname, port } = new URL(server.url);
  const sent = {
    ...(key !== undefined && { authorization: `Bearer ${key}` }),
    ...(json !== undefined && { "content-type": "application/json" }),
    ...headers,
  };
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, method, path, headers: sent }, async (answer) => {
      let text = "";
      for await (const chunk of answer) text += chunk;
      resolve({ status: answer.statusCode, headers: answer.headers, text });
    });
    asked.on("error", reject).end(json === undefined ? "" : JSON.stringify(json));
  });
}

async function newKey(server, key, fields) {
  const { status, text } = await ask(server, "POST", "/v1/keys", { key, json: { name: "k", ...fields } });
  return { status, ...(status === 201 && JSON.parse(text)) };
}

async function operationsOf(server) {
  const found = [];
  for (const mount of DOCUMENTS) {
    const { paths } = JSON.parse((await ask(server, "GET", `${mount}/openapi.json`)).text);
    for (const [path, item] of Object.entries(paths))
      for (const [method, operation] of Object.entries(item))
        if (operation["x-scope"] !== undefined)
          found.push({
            method: method.toUpperCase(),
            path: mount + path.replaceAll(/\{\w+\}/g, "nobody"),
            scope: operation["x-scope"],
          });
  }
  return found;
}

async function scopes(server, admin) {
  const operations = await operationsOf(server);
  let refused = 0;
  let sent = 0;
  for (const scope of SCOPES) {
    const { secret } = await newKey(server, admin, { scopes: SCOPES.filter((each) => each !== scope) });
    for (const { method, path } of operations.filter((each) => each.scope === scope)) {
      sent += 1;
      if ((await ask(server, method, path, { key: secret })).status === 403) refused += 1;
    }
  }
  const tried = "every operation of six OpenAPI documents with a key that has every scope but the one it names";
  tell("keys of another scope", tried, `${refused} of ${sent} are 403`, sent > 200 && refused === sent);
}

async function children(server, admin) {
  const top = await newKey(server, admin, {
    scopes: ["tasks"],
    expires_at: new Date(Date.now() + 60_000).toISOString(),
  });
  const line = [top];
  while (line.length < 16) line.push(await newKey(server, line.at(-1).secret, { child: true }));
  const beyond = [
    await newKey(server, top.secret, {}),
    await newKey(server, top.secret, { child: true, scopes: ["admin"] }),
    await newKey(server, top.secret, { child: true, user: "eve" }),
    await newKey(server, top.secret, { child: true, expires_at: new Date(Date.now() + 120_000).toISOString() }),
    await newKey(server, line.at(-1).secret, { child: true }),
  ];
  await ask(server, "DELETE", `/v1/keys/${line[1].id}`, { key: top.secret });
  const after = [];
  for (const { secret } of line.slice(1)) after.push((await ask(server, "GET", "/v1/me", { key: secret })).status);
  const held = beyond.every(({ status }) => status === 403) && after.every((status) => status === 401);
  const tried =
    "a key without `admin` that makes one by itself, one with more scopes, for another, for longer, a 17th below";
  tell(
    "keys that make keys",
    `${tried}; then the second of a line of 16 is revoked`,
    `${beyond.length} of 5 refused; ${after.filter((status) => status === 401).length} of 15 ended`,
    held,
  );
}

async function wrongBesideRight(server, admin) {
  const other = await newKey(server, admin, { scopes: ["tasks"] });
  const statuses = [];
  for (const beside of ["sk_wrong", "x".repeat(1_000), other.secret])
    statuses.push(
      (await ask(server, "GET", "/shannon/api/v1/tasks", { key: admin, headers: { "x-api-key": beside } })).status,
    );
  const tried = "a wrong key, a long text and the right key of somebody else beside a right one";
  tell(
    "two keys at once",
    tried,
    statuses.join(", "),
    statuses.every((status) => status === 401),
  );
}

async function held(server, admin) {
  const { id, secret } = await newKey(server, admin, { scopes: ["tasks", "work"], user: "mallory" });
  const json = { kind: "external", input: { queue: "held" } };
  const task = JSON.parse((await ask(server, "POST", "/v1/tasks", { key: secret, json })).text).id;
  const claim = { worker: "w", queue: "held", lease_ms: 3_600_000 };
  await ask(server, "POST", "/v1/work/claim", { key: secret, json: claim });
  const next = await newKey(server, admin, { scopes: ["work"] });
  const foreign = await ask(server, "POST", `/v1/tasks/${task}/complete`, {
    key: next.secret,
    json: { worker: "w", attempt: 1, output: 1 },
  });
  const waits = [
    ask(server, "GET", `/v1/tasks/${task}?wait=60`, { key: secret }),
    ask(server, "GET", `/v1/tasks/${task}/events`, { key: secret, headers: { accept: "text/event-stream" } }),
    ask(server, "POST", "/v1/work/claim", { key: secret, json: { ...claim, queue: "none", wait_ms: 30_000 } }),
  ];
  const taken = ask(server, "POST", "/v1/work/claim", { key: next.secret, json: { ...claim, wait_ms: 30_000 } });
  const began = performance.now();
  await ask(server, "POST", "/v1/keys/revoke", { key: admin, json: { user: "mallory" } });
  const ended = await Promise.all(waits.map((wait) => wait.catch(() => ({ status: 0 }))));
  const again = JSON.parse((await taken).text).data[0];
  const ms = Math.round(performance.now() - began);
  const isHeld =
    foreign.status === 409 && again?.id === task && again.attempt === 2 && ms < SOON_MS && id !== undefined;
  tell(
    "what a revoked key holds",
    "a wait, a stream, a claim that waits and a lease; and another key that hands the work in",
    `${ended.map(({ status }) => status).join(", ")}, the lease goes on to the next worker, all within ${ms} ms; ${foreign.status} for the other key`,
    isHeld,
  );
}

const PAGES = [
  { origin: "https://evil.example" },
  { origin: "http://localhost.evil.example" },
  { origin: "null" },
  { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" },
  { referer: "https://evil.example/page" },
  { host: "rebind.example", origin: "http://rebind.example" },
  { host: "rebind.example" },
];

async function pages(dev) {
  const operations = await operationsOf(dev);
  const before = JSON.parse((await ask(dev, "GET", "/v1/tasks")).text).total;
  let sent = 0;
  let refused = 0;
  for (const { method, path } of operations)
    for (const page of PAGES)
      for (const asked of [method, "OPTIONS"]) {
        const preflight =
          asked === "OPTIONS"
            ? { "access-control-request-private-network": "true", "access-control-request-method": method }
            : {};
        const { status, headers } = await ask(dev, asked, path, {
          headers: { ...page, ...preflight, "content-type": "text/plain" },
        });
        sent += 1;
        if (status === 403 && headers["access-control-allow-origin"] === undefined) refused += 1;
      }
  const after = JSON.parse((await ask(dev, "GET", "/v1/tasks")).text).total;
  const tried =
    "every operation and its preflight from foreign origins, `null`, no origin, a foreign referrer, and names that were rebound";
  tell(
    "web pages against `dev`",
    tried,
    `${refused} of ${sent} are 403 without a CORS header; ${after - before} tasks`,
    refused === sent && after === before,
  );
}

async function tunnels(dev) {
  const names = [
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "via",
    "x-real-ip",
    "cf-connecting-ip",
    "tailscale-user-login",
    "cdn-loop",
  ];
  const statuses = [];
  for (const name of names)
    statuses.push((await ask(dev, "GET", "/v1/tasks", { headers: { [name]: "127.0.0.1" } })).status);
  const wanting = statuses.filter((status) => status === 401).length;
  tell(
    "tunnels to `dev`",
    names.map((name) => `\`${name}\``).join(", "),
    `${wanting} of ${names.length} want a key`,
    wanting === names.length,
  );
}

function firstKey(data) {
  const make = [join(ROOT, "server/bin/waybill.js"), "keys", "create", "--data", data];
  return execFileSync(NODE, make, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
}

const data = join(folder, "serve");
const admin = firstKey(data);
const server = await startServer({ mode: "serve", data, cwd: folder });
try {
  await scopes(server, admin);
  await children(server, admin);
  await wrongBesideRight(server, admin);
  await held(server, admin);
} finally {
  await server.stop();
}
const dev = await startServer({ flags: ["--no-reload"], cwd: folder });
try {
  await pages(dev);
  await tunnels(dev);
} finally {
  await dev.stop();
  await rm(folder, { recursive: true, force: true });
}
