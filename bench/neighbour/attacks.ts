/**
 * What a greedy or hostile caller may try to take a server from others. Each attack goes on until it is told to stop, and
 * counts what it was answered; `scale` 1 is what is printed, less is the short form.
 */
import { Agent, request } from "node:http";
import { connect, type Socket } from "node:net";

/** `task` is one of the key's own. */
export type Target = { host: string; port: number; key: string; task: string };
/** How often each status was heard; `closed` is a connection that the server has ended. */
export type Heard = Record<string, number>;
type Siege = {
  target: Target;
  count: (most: number) => number;
  signal: AbortSignal;
  hear: (what: string | number) => void;
};
type Attack = { tried: string; run: (siege: Siege) => Promise<void> };

const JSON_TYPE = "Content-Type: application/json\r\n";

function head(
  method: string,
  path: string,
  { key, more = "" }: { key?: string | undefined; more?: string } = {},
): string {
  const authorization = key === undefined ? "" : `Authorization: Bearer ${key}\r\n`;
  return `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${authorization}${more}\r\n`;
}

/** A connection that says `text`, and hears the statuses that come. */
function open({ target, signal, hear }: Siege, text: string, isRead = true): Socket {
  const socket = connect({ host: target.host, port: target.port });
  const end = () => socket.destroy();
  socket.on("error", () => hear("closed"));
  socket.on("close", () => {
    signal.removeEventListener("abort", end);
    if (!signal.aborted) hear("closed");
  });
  signal.addEventListener("abort", end);
  if (isRead) {
    socket.on("data", (data) => {
      for (const [, status = ""] of data.toString("latin1").matchAll(/HTTP\/1\.1 (\d{3}) /g)) hear(status);
    });
  }
  socket.write(text);
  return socket;
}

async function until(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}

/** So many connections that each say `text` and then nothing more. */
async function hold(siege: Siege, connections: number, text: string, isRead = true): Promise<void> {
  for (let at = 0; at < connections && !siege.signal.aborted; at++) {
    open(siege, text, isRead);
    if (at % 50 === 49) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await until(siege.signal);
}

type Sent = { method?: string; path: string; key?: string; body?: string };

/** Asks again and again, with so many requests at once. */
async function flood(
  { target, signal, hear }: Siege,
  atOnce: number,
  next: (n: number) => Sent,
  keepAlive = true,
): Promise<void> {
  const agent = new Agent({ keepAlive, maxSockets: atOnce });
  let n = 0;
  const ask = ({ method = "GET", path, key, body }: Sent) =>
    new Promise<void>((resolve) => {
      const headers = {
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
        ...(body !== undefined && { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
      };
      const sent = request({ host: target.host, port: target.port, method, path, headers, agent }, (answer) => {
        hear(answer.statusCode ?? 0);
        answer.resume().on("close", resolve);
      });
      sent.on("error", () => {
        hear("closed");
        resolve();
      });
      sent.end(body);
    });
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (!signal.aborted) await ask(next(n++));
    }),
  );
  agent.destroy();
}

const submit = (payload: unknown) => JSON.stringify({ kind: "external", input: { queue: "nobody", payload } });
/** One of the greedy caller's own kinds, see `kinds.ts`. */
const own = (kind: string, input: object) => JSON.stringify({ kind, input });
const big = submit("x".repeat(3 << 20));
const wide = submit(Array.from({ length: 90_000 }, (_, n) => n));

export const ATTACKS: Readonly<Record<string, Attack>> = {
  "bodies without a key that never end": {
    tried: "2,000 connections that each send the head of a POST of 4 MB, without a key, and half of its body",
    run: (siege) =>
      hold(
        siege,
        siege.count(2_000),
        `${head("POST", "/v1/tasks", { more: `${JSON_TYPE}Content-Length: 4000000\r\n` })}${"x".repeat(2_000)}`,
      ),
  },
  "bodies with a key that never end": {
    tried: "2,000 connections that each send the head of a POST of 4 MB with one key, and half of its body",
    run: (siege) =>
      hold(
        siege,
        siege.count(2_000),
        `${head("POST", "/v1/tasks", { key: siege.target.key, more: `${JSON_TYPE}Content-Length: 4000000\r\n` })}{"kind":"`,
      ),
  },
  "connections that say nothing": {
    tried: "15,000 connections, where 14,000 are the bound",
    run: (siege) => hold(siege, siege.count(15_000), ""),
  },
  "heads that never end": {
    tried: "2,000 connections that send half of a head",
    run: (siege) => hold(siege, siege.count(2_000), "GET /v1/tasks HTTP/1.1\r\nHost: loc"),
  },
  "requests ahead of their answers": {
    tried: "50 connections that each send 2,000 requests at once, with one key, and read nothing",
    run: (siege) =>
      hold(siege, siege.count(50), head("GET", "/v1/tasks?limit=100", { key: siege.target.key }).repeat(2_000), false),
  },
  "wrong keys": {
    tried: "64 callers that guess keys as fast as they are answered",
    run: (siege) => flood(siege, siege.count(64), (n) => ({ path: "/v1/me", key: `sk_guess-${n}` })),
  },
  "no keys": {
    tried: "64 callers that ask for what is not there, and for documents, without a key",
    run: (siege) => flood(siege, siege.count(64), (n) => ({ path: n % 2 === 0 ? `/nowhere/${n}` : "/openapi.json" })),
  },
  "one greedy key: reads": {
    tried: "256 callers of one key that read as fast as they are answered",
    run: (siege) => flood(siege, siege.count(256), () => ({ path: "/v1/me", key: siege.target.key })),
  },
  "one greedy key: submits": {
    tried: "128 callers of one key that submit as fast as they are answered",
    run: (siege) =>
      flood(siege, siege.count(128), (n) => ({
        method: "POST",
        path: "/v1/tasks",
        key: siege.target.key,
        body: submit(n),
      })),
  },
  "one greedy key: lists and searches": {
    tried: "60 callers of one key that list and search all tasks",
    run: (siege) =>
      flood(siege, siege.count(60), (n) => ({
        path: n % 2 === 0 ? "/v1/tasks?limit=100" : `/v1/tasks?limit=100&q=word${n}`,
        key: siege.target.key,
      })),
  },
  "large bodies": {
    tried: "32 callers of one key that submit 3 MB each, or 90,000 values",
    run: (siege) =>
      flood(siege, siege.count(32), (n) => ({
        method: "POST",
        path: "/v1/tasks",
        key: siege.target.key,
        body: n % 2 === 0 ? big : wide,
      })),
  },
  "through the other APIs": {
    tried:
      "64 callers of one key that submit, list and talk through Shannon's, Orchestrate's, documents', A2A's and BPM's API",
    run: (siege) =>
      flood(siege, siege.count(64), (n) => ({
        ...(OTHER_APIS[n % OTHER_APIS.length] ?? { path: "/" }),
        key: siege.target.key,
      })),
  },
  "searches in vector stores": {
    tried: "60 callers of one key that search in a vector store, or make one",
    run: (siege) =>
      flood(siege, siege.count(60), (n) => ({
        method: "POST",
        key: siege.target.key,
        ...(n % 20 === 0
          ? { path: "/v1/vector-stores", body: JSON.stringify({ id: `greedy-${n}`, name: "Greedy" }) }
          : { path: "/v1/vector-stores/greedy-0/search", body: JSON.stringify({ query: `word ${n}` }) }),
      })),
  },
  "streams that open and close": {
    tried: "128 callers of one key that open a stream, hear its head and leave",
    run: (siege) => leave(siege, siege.count(128)),
  },
  "deep and wide bodies": {
    tried: "32 callers of one key that submit JSON of 60,000 levels, or 60,000 lists",
    run: (siege) =>
      flood(siege, siege.count(32), (n) => ({
        method: "POST",
        path: "/v1/tasks",
        key: siege.target.key,
        body: n % 2 === 0 ? `${"[".repeat(60_000)}${"]".repeat(60_000)}` : submit(Array(60_000).fill([])),
      })),
  },
  "connections that open and close": {
    tried: "128 callers of one key that read over a new connection each time",
    run: (siege) => flood(siege, siege.count(128), () => ({ path: "/v1/me", key: siege.target.key }), false),
  },
  "A2A streams that open and close": {
    tried: "128 callers of one key that begin a task with a stream, hear its head and leave",
    run: (siege) => leave(siege, siege.count(128), A2A_STREAM),
  },
  batches: {
    tried: "16 callers of one key that submit 256 tasks at once",
    run: (siege) => {
      const tasks = Array.from({ length: 256 }, (_, n) => ({ kind: "external", input: { queue: "nobody", n } }));
      const body = JSON.stringify({ tasks });
      const sent = { method: "POST", path: "/v1/tasks:batch", key: siege.target.key, body };
      return flood(siege, siege.count(16), () => sent);
    },
  },
  journals: {
    tried: "16 callers of one key that submit tasks of 5,000 steps each",
    run: (siege) => begin(siege, siege.count(16), own("steps", { count: siege.count(5_000) })),
  },
  trees: {
    tried: "16 callers of one key that submit trees of 1,110 children each",
    run: (siege) => begin(siege, siege.count(16), own("tree", { width: siege.count(10), depth: 3 })),
  },
  webhooks: {
    tried: "32 callers of one key that submit tasks, each with a webhook at a host that is not there",
    run: (siege) =>
      flood(siege, siege.count(32), (n) => ({
        method: "POST",
        path: "/v1/tasks",
        key: siege.target.key,
        body: JSON.stringify({
          kind: "external",
          input: { queue: "nobody" },
          webhook: { url: `https://hook-${n}.invalid/` },
        }),
      })),
  },
  claims: {
    tried: "64 callers of one key that claim 100 tasks and let each go on for a second",
    run: (siege) =>
      flood(siege, siege.count(64), (n) => ({
        method: "POST",
        key: siege.target.key,
        ...(n % 2 === 0
          ? { path: "/v1/tasks", body: submit(n) }
          : {
              path: "/v1/work/claim",
              body: JSON.stringify({ worker: `w${n}`, queue: "nobody", max: 100, lease_ms: 1_000 }),
            }),
      })),
  },
  "inputs to one task": {
    tried: "64 callers of one key that tell one task something as fast as they are answered",
    run: (siege) =>
      flood(siege, siege.count(64), (n) => ({
        method: "POST",
        path: `/v1/tasks/${siege.target.task}/input`,
        key: siege.target.key,
        body: JSON.stringify({ value: `word ${n}` }),
      })),
  },
  "bodies of 39 MB": {
    tried: "16 callers of one key that send 39 MB each, to Waybill's own API and to Shannon's",
    run: (siege) => {
      const body = submit("x".repeat(siege.count(39 << 20)));
      return flood(siege, siege.count(16), (n) => ({
        method: "POST",
        path: n % 2 === 0 ? "/v1/tasks" : "/shannon/api/v1/tasks",
        key: siege.target.key,
        body,
      }));
    },
  },
  "a long log that nobody reads": {
    tried: "30 streams of a task with a log of 51 MB, by which nothing is read",
    run: async (siege) => {
      const { key } = siege.target;
      const id = await begun(siege, own("talker", { megabytes: siege.count(51) }));
      const more = "Accept: text/event-stream\r\n";
      await hold(siege, siege.count(30), head("GET", `/v1/tasks/${id}/events`, { key, more }), false);
    },
  },
  "waits without end": {
    tried: "3,000 requests of one key that are held for a minute",
    run: (siege) => hold(siege, siege.count(3_000), claim(siege.target.key)),
  },
  "streams that nobody reads": {
    tried: "3,000 streams of a task of one key, of which nothing is read",
    run: (siege) =>
      hold(
        siege,
        siege.count(3_000),
        head("GET", `/v1/tasks/${siege.target.task}/events`, {
          key: siege.target.key,
          more: "Accept: text/event-stream\r\n",
        }),
        false,
      ),
  },
};

const OTHER_APIS: readonly Sent[] = [
  { method: "POST", path: "/shannon/api/v1/tasks", body: JSON.stringify({ query: "What is 2 + 2?" }) },
  { path: "/shannon/api/v1/tasks?limit=100" },
  {
    method: "POST",
    path: "/orchestrate/v1/orchestrate/runs",
    body: JSON.stringify({ message: { role: "user", content: "2 + 2" } }),
  },
  { path: "/documents/v1/files" },
  { path: "/documents/v1/vector_stores" },
  {
    method: "POST",
    path: "/a2a/message:send",
    body: JSON.stringify({
      message: { messageId: "m", role: "ROLE_USER", parts: [{ text: "2 + 2" }] },
      configuration: { blocking: false },
    }),
  },
  { path: "/a2a/tasks" },
  { path: "/bpm/api/4.0/tasks" },
];

const A2A_STREAM: Sent = {
  method: "POST",
  path: "/a2a/message:stream",
  body: JSON.stringify({ message: { messageId: "m", role: "ROLE_USER", parts: [{ text: "2 + 2" }] } }),
};

/** Begins tasks until it is told to stop, each as soon as the one before was taken: they go on meanwhile. */
function begin(siege: Siege, atOnce: number, body: string): Promise<void> {
  return flood(siege, atOnce, () => ({ method: "POST", path: "/v1/tasks", key: siege.target.key, body }));
}

/** The id of a task that was begun. */
async function begun({ target, signal }: Siege, body: string): Promise<string> {
  const answer = await fetch(`http://${target.host}:${target.port}/v1/tasks?wait=30`, {
    ...{ method: "POST", body, signal },
    headers: { authorization: `Bearer ${target.key}`, "content-type": "application/json" },
  }).catch(() => null);
  const task: { id?: string } = answer === null ? {} : JSON.parse((await answer.text()) || "{}");
  return task.id ?? target.task;
}

/** Opens streams one after the other, so many at once, and leaves each when its head is there. */
async function leave({ target, signal, hear }: Siege, atOnce: number, opens?: Sent): Promise<void> {
  const { host, port, key, task } = target;
  const { method = "GET", path, body } = opens ?? { path: `/v1/tasks/${task}/events` };
  const headers = {
    authorization: `Bearer ${key}`,
    accept: "text/event-stream",
    ...(body !== undefined && { "content-type": "application/json" }),
  };
  const one = () =>
    new Promise<void>((resolve) => {
      const sent = request({ host, port, method, path, headers, agent: false }, (answer) => {
        hear(answer.statusCode ?? 0);
        answer.on("error", () => {}).destroy();
      });
      sent.on("error", () => hear("closed")).on("close", resolve);
      sent.end(body);
    });
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (!signal.aborted) await one();
    }),
  );
}

function claim(key: string): string {
  const body = JSON.stringify({ worker: "greedy", queue: "nothing-here", wait_ms: 60_000 });
  return head("POST", "/v1/work/claim", { key, more: `${JSON_TYPE}Content-Length: ${body.length}\r\n` }) + body;
}

/** Runs until `signal` fires. */
export async function attack(name: string, target: Target, scale: number, signal: AbortSignal): Promise<Heard> {
  const heard: Heard = {};
  await ATTACKS[name]?.run({
    target,
    count: (most) => Math.max(2, Math.round(most * scale)),
    signal,
    hear: (what) => {
      heard[what] = (heard[what] ?? 0) + 1;
    },
  });
  return heard;
}
