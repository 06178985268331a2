/**
 * What others notice while one caller asks for much: the time of their point reads, the longest that the event loop stood
 * still, the longest that a thread of the server worked on without letting others have their turn, in processor time, and
 * the memory of the server, for one attack after the other.
 *
 *   node bench/stalls.ts [attack ...]
 */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { freePort, Server } from "./server.ts";

const folder = await mkdtemp(path.join(tmpdir(), "waybill-stalls-"));
const worked = path.join(folder, "worked");
const data = path.join(folder, "data");
const env = { WAYBILL_STALLS: worked };
const watched = ["--import", fileURLToPath(new URL("stalls-watch.ts", import.meta.url))];
const flags = ["--config", fileURLToPath(new URL("stalls.config.ts", import.meta.url)), "--log-level", "error"];
const begin = async () => new Server(data, await freePort(), { flags, env, node: watched });
let server = await begin();
await server.ready();

type Answer = { status: number; text: string };

async function call(route: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const sent = typeof body === "string" ? body : JSON.stringify(body);
  const json = { "content-type": "application/json", ...headers };
  const request = body === undefined ? { headers } : { method: "POST", headers: json, body: sent };
  const answer = await fetch(server.url + route, request);
  return { status: answer.status, text: await answer.text() };
}

async function submit(kind: string, input: unknown, more: object = {}): Promise<string> {
  const { text } = await call("/v1/tasks", { kind, input, ...more });
  return JSON.parse(text).id;
}

async function metric(name: string): Promise<number> {
  const { text } = await call("/metrics");
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1] ?? Number.NaN);
}

async function until(id: string, state: string): Promise<void> {
  for (;;) {
    const { text } = await call(`/v1/tasks/${id}?wait=10`);
    if (JSON.parse(text).state === state) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function inTurn<Item>(count: number, at: number, work: (n: number) => Promise<Item>): Promise<Item[]> {
  const done: Item[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: at }, async () => {
      for (let n = next++; n < count; n = next++) done.push(await work(n));
    }),
  );
  return done;
}

const innocent = await submit("deaf", {});

/** Runs `attack` while somebody else reads one small task, again and again. */
async function measured(name: string, attack: () => Promise<string>): Promise<void> {
  const url = `${server.url}/v1/tasks/${innocent}`;
  const probe = new Worker(new URL("stalls-probe.ts", import.meta.url), { workerData: { url } });
  await new Promise((resolve) => setTimeout(resolve, 300));
  await metric("nodejs_eventloop_lag_max_seconds");
  await writeFile(worked, "");
  const from = performance.now();
  const said = await attack();
  const seconds = (performance.now() - from) / 1_000;
  const lag = 1_000 * (await metric("nodejs_eventloop_lag_max_seconds"));
  const peak = await metric("process_resident_memory_bytes");
  const told = once(probe, "message");
  probe.postMessage(null);
  const [times]: [number[]] = (await told) as [number[]];
  const sorted = times.toSorted((a, b) => a - b);
  const share = (part: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(1);
  process.stdout.write(
    `${name}: ${said}; ${seconds.toFixed(1)} s; others' reads p50 ${share(0.5)} ms, p99 ${share(0.99)} ms, ` +
      `longest ${share(1)} ms; event loop ${lag.toFixed(0)} ms at most; ${await longestTurns()}; ` +
      `${Math.round(peak / (1 << 20))} MB after it\n`,
  );
}

/** Of each thread, and of each statement, that has worked on for 10 ms, in processor time. */
async function longestTurns(): Promise<string> {
  const longest = new Map<string, number>();
  for (const line of (await readFile(worked, "utf8")).split("\n")) {
    const [, ms, what = ""] = /^(\d+) (.+)$/.exec(line) ?? [];
    if (what !== "") longest.set(what, Math.max(longest.get(what) ?? 0, Number(ms)));
  }
  return `worked ${[...longest].map(([role, ms]) => `${ms} ms (${role})`).join(", ") || "less than 10 ms"} at once`;
}

function statuses(answers: readonly Answer[]): string {
  const counts = new Map<number, number>();
  for (const { status } of answers) counts.set(status, (counts.get(status) ?? 0) + 1);
  return Array.from(counts, ([status, count]) => `${count} x ${status}`).join(", ");
}

const attacks: Record<string, () => Promise<void>> = {
  async nothing() {
    await measured("nothing", () => new Promise((resolve) => setTimeout(() => resolve("idle"), 3_000)));
  },
  async lists() {
    const input = { query: "x".repeat(60_000) };
    await inTurn(400, 16, () => submit("noop", input));
    await measured("60 lists at once of 400 tasks with 60 KB each", async () => {
      const answers = await Promise.all(Array.from({ length: 60 }, () => call("/v1/tasks?limit=200")));
      const bytes = Math.max(...answers.map(({ text }) => text.length));
      return `${statuses(answers)}, ${Math.round(bytes / 1_024)} KB each`;
    });
  },
  async streams() {
    const id = await submit("talker", { megabytes: 51 });
    await until(id, "completed");
    await measured("30 unread streams of a log of 51 MB", async () => {
      const { port, hostname } = new URL(server.url);
      const sockets = Array.from({ length: 30 }, () => {
        const socket = connect({ port: Number(port), host: hostname });
        socket.on("error", () => {});
        socket.pause();
        socket.write(`GET /v1/tasks/${id}/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n`);
        return socket;
      });
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      const open = await metric("waybill_streams_open");
      for (const socket of sockets) socket.destroy();
      return `${open} open`;
    });
  },
  async inputs() {
    const id = await submit("deaf", {});
    await measured("8,605 inputs to one's own task", async () =>
      statuses(await inTurn(8_605, 32, () => call(`/v1/tasks/${id}/input`, { value: "x".repeat(1_000) }))),
    );
  },
  async body() {
    const data = Buffer.alloc(24 << 20, 7).toString("base64");
    const attachments = [{ media_type: "application/pdf", data, filename: "large.pdf" }];
    const body = JSON.stringify({ query: "What is this?", context: { attachments } });
    await measured(`a Shannon body of ${body.length >> 20} MB of attachments`, async () =>
      statuses([await call("/shannon/api/v1/tasks", body)]),
    );
    const values = JSON.stringify({ query: "What?", context: { list: "1,".repeat(19_000_000).slice(0, -1) } });
    const list = values.replace(/"list":"(.*)"/, '"list":[$1]');
    await measured(`a Shannon body of ${list.length >> 20} MB of numbers`, async () =>
      statuses([await call("/shannon/api/v1/tasks", list)]),
    );
  },
  async journal() {
    const id = await submit("worker", { steps: 20_000 });
    await until(id, "input_required");
    await measured("200 times /why of a task with 20,000 steps", async () =>
      statuses(await inTurn(200, 16, () => call(`/v1/tasks/${id}/why`))),
    );
    await server.end("SIGTERM");
    server = await begin();
    const ms = await server.ready();
    await measured(`its replay after a restart (ready in ${Math.round(ms)} ms)`, async () => {
      await call(`/v1/tasks/${id}/input`, { value: "yes" });
      await until(id, "completed");
      return "completed";
    });
  },
  async key() {
    await measured("5,000 tasks behind one key", async () => {
      const concurrency = { key: "one", limit: 1 };
      const ids = await inTurn(5_000, 32, () => submit("noop", {}, { concurrency }));
      await until(ids.at(-1) ?? "", "completed");
      return "all completed";
    });
  },
  async tree() {
    const CHILDREN = 10_000;
    const count = async (id: string, state: string) => {
      const { text } = await call(`/v1/tasks?parent_id=${id}&state=${state}&limit=1`);
      return Number(JSON.parse(text).total);
    };
    let id = "";
    await measured(`a task that makes ${CHILDREN} children`, async () => {
      id = await submit("parent", { children: CHILDREN });
      while ((await count(id, "waiting")) < CHILDREN) await new Promise((resolve) => setTimeout(resolve, 200));
      return "all asleep";
    });
    await measured("its cancel", async () => {
      const { status } = await call(`/v1/tasks/${id}/cancel`, {});
      return `${status}, ${await count(id, "cancelled")} children cancelled`;
    });
    await server.end("SIGTERM");
    sweep("tree");
    server = await begin();
    await server.ready();
  },
  async wakes() {
    const SLEEPERS = 10_000;
    const until = Date.now() + 60_000;
    await inTurn(SLEEPERS, 32, () => submit("sleeper", { until }));
    await new Promise((resolve) => setTimeout(resolve, until - 5_000 - Date.now()));
    await measured(`${SLEEPERS} tasks that sleep until the same moment`, async () => {
      while (Number(JSON.parse((await call("/v1/tasks?kind=sleeper&state=completed&limit=1")).text).total) < SLEEPERS)
        await new Promise((resolve) => setTimeout(resolve, 200));
      return "all completed";
    });
  },
  async family() {
    const CHILDREN = Number(process.env["CHILDREN"] ?? 5_000);
    await measured(`a task with ${CHILDREN} children that complete`, async () => {
      await until(await submit("parent", { children: CHILDREN, of: "noop" }), "completed");
      return "completed";
    });
  },
  async values() {
    for (const input of ["x".repeat(4_000_000), Array.from({ length: 99_000 }, (_, n) => n)])
      await measured(`20 submits of ${sizeIn(input)}`, async () =>
        statuses(await inTurn(20, 4, () => call("/v1/tasks", { kind: "unread", input }))),
      );
    for (const as of ["output", "step", "event", "artifact", "child"])
      for (const shape of ["text", "umlauts", "numbers", "objects"]) {
        const [ofText, ofList] = as === "artifact" ? [30_000_000, 240_000] : [60_000_000, 990_000];
        const size = shape === "text" || shape === "umlauts" ? ofText : ofList;
        await until(await submit("large", { shape, size, as: "nothing" }), "completed");
        let id = "";
        await measured(`${as} of ${size} in ${shape}`, async () => {
          id = await submit("large", { shape, size, as });
          await until(id, "completed");
          return "written";
        });
        const child = as === "child" ? JSON.parse((await call(`/v1/tasks?parent_id=${id}`)).text).data[0]?.id : id;
        const route = { output: "", step: "/steps", event: "/events", artifact: "/artifacts", child: "" }[as];
        await measured(`5 reads of it`, async () =>
          statuses(await inTurn(5, 2, () => call(`/v1/tasks/${child}${route}`))),
        );
      }
  },
  async readers() {
    for (const as of ["event", "artifact", "output"])
      for (const shape of ["umlauts", "objects", "records"] as const) {
        const size = LARGE_READ[as]?.[shape] ?? 0;
        await until(await submit("large", { shape, size, as: "nothing" }), "completed");
        for (const { reader, route, headers = {}, late = false } of READERS)
          await measured(
            `${as} of ${size} in ${shape}, ${late ? "read at its end" : "followed"} by ${reader}`,
            async () => {
              const id = await submit("large", { shape, size, as });
              if (late)
                await call(`/v1/tasks/${id}/events?limit=1&after=0`, undefined, { accept: "text/event-stream" });
              const { status, text } = await call(route.replace("{id}", id), undefined, headers);
              return `${status}, ${text.length >> 10} KB`;
            },
          );
      }
  },
  async records() {
    await server.end("SIGTERM");
    sweep("records");
    server = await begin();
    await server.ready();
  },
};

/** Near their bounds: of text, of values, and of both. */
const LARGE_READ: Record<string, Record<"umlauts" | "objects" | "records", number>> = {
  event: { umlauts: 60_000_000, objects: 240_000, records: 48_000_000 },
  artifact: { umlauts: 30_000_000, objects: 240_000, records: 24_000_000 },
  output: { umlauts: 60_000_000, objects: 990_000, records: 48_000_000 },
};

type Reader = { reader: string; route: string; headers?: Record<string, string>; late?: true };

const V1 = { "a2a-version": "1.0" };
const RUN = "/orchestrate/v1/orchestrate/runs/{id}";
const WORK = "/bpm/api/4.0/tasks/{id}";
const READERS: Reader[] = [
  { reader: "our stream", route: "/v1/tasks/{id}/events", headers: { accept: "text/event-stream" } },
  { reader: "Shannon's stream", route: "/shannon/api/v1/stream/sse?workflow_id={id}" },
  { reader: "A2A's stream", route: "/a2a/tasks/{id}:subscribe", headers: V1 },
  { reader: "A2A", route: "/a2a/tasks/{id}", headers: V1, late: true },
  { reader: "Shannon", route: "/shannon/api/v1/tasks/{id}", late: true },
  { reader: "Shannon's list of events", route: "/shannon/api/v1/tasks/{id}/events", late: true },
  { reader: "Orchestrate", route: RUN, late: true },
  { reader: "Orchestrate's list of events", route: `${RUN}/events`, late: true },
  { reader: "Orchestrate's background task", route: "/orchestrate/v1/tasks/{id}", late: true },
  { reader: "BPM", route: WORK, late: true },
  { reader: "BPM's XML", route: `${WORK}/payload?type=FULL`, headers: { accept: "application/xml" }, late: true },
];

function sizeIn(value: string | number[]): string {
  return typeof value === "string" ? `a text of ${value.length / 1_000_000} MB` : `${value.length} numbers`;
}

/** The retention sweep of what the server has left, by a process of its own. */
function sweep(what: "tree" | "records"): void {
  const script = fileURLToPath(new URL("stalls-sweep.ts", import.meta.url));
  const { stdout, stderr } = spawnSync(process.execPath, [...watched, script, data, what], {
    env: { ...process.env, ...env },
    encoding: "utf8",
  });
  process.stdout.write(stdout + stderr);
}

try {
  const wanted = process.argv.slice(2);
  for (const [name, attack] of Object.entries(attacks))
    if (wanted.length === 0 || wanted.includes(name)) await attack();
} finally {
  await server.end("SIGKILL");
  await rm(folder, { recursive: true, force: true });
}
