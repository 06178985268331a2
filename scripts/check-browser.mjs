// Opens pages of other origins, of names that were rebound to this machine and of no origin in a real Chromium, and lets each try to
// drive and to read a server in `dev` by all that a page can do; then the dashboard's own pages, wide and narrow, without an error.
// Tried where this machine has a Chromium: `node scripts/check-browser.mjs`.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startServer } from "./start-server.mjs";

const READY_MS_MAX = 60_000;
const NAMES = ["chromium", "chromium-browser", "google-chrome"];
const SUBMITS = [
  ...["/v1/tasks", "/shannon/api/v1/tasks", "/orchestrate/v1/orchestrate/runs"],
  ...["/a2a/message:send", "/documents/v1/files", "/bpm/api/4.0/tasks"],
];
const PAGES = ["", "inbox.html", "agents.html", "usage.html", "audit.html"];

const program = NAMES.find((name) => spawnSync(name, ["--version"]).status === 0);
if (program === undefined) {
  process.stdout.write("This machine has no Chromium: nothing was tried.\n");
  process.exit(0);
}

/** Runs in a page: tries everything, and answers what it could read. */
async function attack(base, paths) {
  const body = JSON.stringify({ kind: "external", input: { queue: "taken", payload: "x" } });
  const read = [];
  const tried = async (what, act) => {
    const late = new Promise((resolve) => setTimeout(resolve, 3_000));
    const found = await Promise.race([Promise.resolve().then(act), late]).catch(() => undefined);
    if (found) read.push(what);
  };
  const fetched = async (path, init) => {
    const answer = await fetch(base + path, init);
    return answer.type !== "opaque" && answer.ok;
  };
  const loaded = (node, path) =>
    new Promise((resolve) => {
      Object.assign(node, { onload: () => resolve(true), onerror: () => resolve(false), src: base + path });
      document.body.append(node);
    });
  for (const path of paths) {
    for (const mode of ["cors", "no-cors"])
      for (const type of ["text/plain", "application/json"])
        for (const headers of [
          { "content-type": type },
          { "content-type": type, authorization: "Bearer sk_test_123456" },
        ])
          await tried(`fetch ${path}`, () =>
            fetched(path, {
              method: "POST",
              mode,
              headers,
              body,

              referrerPolicy: "no-referrer",
            }),
          );
    await tried(`read ${path}`, () => fetched(path));
    await tried(
      `beacon ${path}`,
      () => void navigator.sendBeacon(base + path, new Blob([body], { type: "text/plain" })),
    );
    await tried(`form ${path}`, async () => {
      const frame = document.body.appendChild(document.createElement("iframe"));
      frame.name = `form${Math.random()}`;
      const form = document.body.appendChild(document.createElement("form"));
      Object.assign(form, { method: "POST", enctype: "text/plain", action: base + path, target: frame.name });
      const field = form.appendChild(document.createElement("input"));
      Object.assign(field, { name: body.slice(0, -4), value: body.slice(-3) });
      form.submit();
      await new Promise((resolve) => setTimeout(resolve, 200));
    });
    await tried(`script ${path}`, () => loaded(document.createElement("script"), path));
    await tried(`image ${path}`, () => loaded(new Image(), path));
  }
  const opened = (make) =>
    new Promise((resolve) => Object.assign(make(), { onopen: () => resolve(true), onerror: () => resolve(false) }));
  await tried("socket", () => opened(() => new WebSocket(`${base.replace("http", "ws")}/v1/tasks`)));
  await tried("stream", () => opened(() => new EventSource(`${base}/v1/tasks/x/events`)));
  return read;
}

class Chromium {
  #socket;
  #count = 0;
  #waiting = new Map();
  errors = [];

  static async start(folder) {
    const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"];
    const rebound = "--host-resolver-rules=MAP other.example 127.0.0.1, MAP rebound.example 127.0.0.1";
    const own = [`--user-data-dir=${folder}`, "--remote-debugging-port=0", rebound, "about:blank"];
    const child = spawn(program, [...flags, ...own], { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.on("data", (chunk) => {
      said += chunk;
    });
    const giveUpAt = Date.now() + READY_MS_MAX;
    for (; ; await sleep(50)) {
      const [, address] = /DevTools listening on (ws:\S+)/.exec(said) ?? [];
      if (address !== undefined) return new Chromium(child, address);
      if (child.exitCode !== null || Date.now() > giveUpAt) throw new Error(`${program} did not start: ${said}`);
    }
  }

  constructor(child, address) {
    this.child = child;
    this.#socket = new WebSocket(address);
    this.open = new Promise((resolve) => this.#socket.addEventListener("open", resolve));
    this.#socket.addEventListener("message", ({ data }) => this.#hear(JSON.parse(data)));
  }

  #hear({ id, method, params, result, error }) {
    if (id !== undefined) this.#waiting.get(id)?.(error ? Promise.reject(new Error(error.message)) : result);
    if (method === "Log.entryAdded" && params.entry.level === "error") this.errors.push(params.entry.text);
    if (method === "Runtime.exceptionThrown") this.errors.push(params.exceptionDetails.exception?.description);
  }

  send(method, params = {}, sessionId = undefined) {
    const id = ++this.#count;
    this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  /** A page of its own, once it has loaded: asks it for what an expression comes to. */
  async page(url, width) {
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const send = (method, params) => this.send(method, params, sessionId);
    for (const domain of ["Page", "Runtime", "Log"]) await send(`${domain}.enable`);
    if (width)
      await send("Emulation.setDeviceMetricsOverride", { width, height: 800, deviceScaleFactor: 1, mobile: true });
    await send("Page.navigate", { url });
    const ask = async (expression) => {
      const asked = { expression, awaitPromise: true, returnByValue: true };
      const { result, exceptionDetails } = await send("Runtime.evaluate", asked);
      if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
      return result.value;
    };
    const press = async (key) => {
      const pressed = { key, code: key, windowsVirtualKeyCode: 13, text: "\r" };
      for (const type of ["keyDown", "keyUp"]) await send("Input.dispatchKeyEvent", { type, ...pressed });
    };
    return Object.assign(ask, { press });
  }
}

async function until(ask, expression) {
  for (const giveUpAt = Date.now() + READY_MS_MAX; ; await sleep(100)) {
    if (await ask(expression).catch(() => false)) return;
    assert.ok(Date.now() < giveUpAt, `a page never came to ${expression}`);
  }
}

const folder = await mkdtemp(join(tmpdir(), "waybill-browser-"));
const server = await startServer();
const foreign = createServer((_, response) => response.setHeader("content-type", "text/html").end("<body>other"));
await new Promise((resolve) => foreign.listen(0, "127.0.0.1", resolve));
const browser = await Chromium.start(folder);
try {
  await browser.open;
  const { port } = new URL(server.url);
  const other = `http://other.example:${foreign.address().port}/`;
  for (const [page, base] of [
    [other, server.url],
    [other, `http://127.0.0.1:${port}`],
    [`http://rebound.example:${port}/`, `http://rebound.example:${port}`],
    ["data:text/html,<body>none", server.url],
  ]) {
    const ask = await browser.page(page);
    await until(ask, `location.href.startsWith(${JSON.stringify(page.slice(0, 20))}) && document.body !== null`);
    const read = await ask(`(${attack})(${JSON.stringify(base)}, ${JSON.stringify(SUBMITS)})`);
    assert.deepEqual(read, [], `${page} could read or load something of ${base}`);
    const { data } = await (await fetch(`${server.url}/v1/tasks`)).json();
    assert.equal(data.length, 0, `${page} began a task at ${base}`);
    process.stdout.write(`${page} could neither drive nor read ${base}\n`);
  }
  // A page of this machine may: what was tried does reach a server.
  const mine = await browser.page(`http://localhost:${foreign.address().port}/`);
  await until(mine, "document.body?.textContent === 'other'");
  const read = await mine(`(${attack})(${JSON.stringify(server.url)}, ${JSON.stringify(SUBMITS.slice(0, 1))})`);
  assert.ok(read.includes("read /v1/tasks") && read.includes("fetch /v1/tasks"), `a page of this machine read ${read}`);
  browser.errors.length = 0;
  for (const width of [1_280, 375])
    for (const name of PAGES) {
      const ask = await browser.page(`${server.url}/dashboard/${name}`, width);
      await until(ask, "document.querySelector('.connection')?.dataset.is === 'live'");
      const beyond = await ask("document.documentElement.scrollWidth - document.documentElement.clientWidth");
      assert.equal(beyond, 0, `${name} is wider than ${width}`);
    }
  const budget = { tokens: 1 };
  const json = JSON.stringify({ input: { query: "What is 17 * 23?" }, budget });
  const headers = { "content-type": "application/json" };
  const task = await (await fetch(`${server.url}/v1/tasks?wait=30`, { method: "POST", headers, body: json })).json();
  const form = await browser.page(`${server.url}/dashboard/#${task.id}`, 375);
  await until(form, "document.querySelector('.card.ask .budget-form') !== null");
  assert.equal(await form("document.documentElement.scrollWidth - document.documentElement.clientWidth"), 0);
  const below =
    "[...document.querySelectorAll('.timeline rect')].map((bar) => bar.getBoundingClientRect().bottom - bar.ownerSVGElement.getBoundingClientRect().bottom)";
  await until(form, `${below}.length > 0`);
  assert.ok(Math.max(...(await form(below))) <= 0, "a bar of the steps stands out below on a phone");
  await form("document.querySelector('.budget-form [name=tokens]').focus()");
  await form.press("Enter");
  await until(form, "document.querySelector('header .chip')?.textContent === 'completed'");
  assert.deepEqual(browser.errors, [], "the dashboard's pages have errors");
  process.stdout.write(`${PAGES.length} pages of the dashboard, wide and narrow, without an error\n`);
} finally {
  browser.child.kill("SIGKILL");
  foreign.closeAllConnections();
  foreign.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
process.exit(0);
