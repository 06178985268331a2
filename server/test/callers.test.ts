/** Who may call, walked over every route of every lens: pages of other machines, keys of too little scope, keys that end. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { LENSES } from "../src/lenses/index.ts";
import { createdKey } from "../src/lenses/native/account-schema.ts";
import type { Route } from "../src/lenses/route.ts";
import { type Heard, KeptConnections } from "./kept-connections.ts";
import { startTestServer, type TestServer } from "./server.ts";

/** One after the other over one connection: the walk is of some 6,000 requests. */
const connections = new KeptConnections();
afterAll(() => connections.close());

/** In the place of fetch, which would not send these headers. */
function send(url: string, method: string, headers: Record<string, string>, body?: string): Promise<Heard> {
  const type = body?.startsWith(`--${BOUNDARY}`) ? `multipart/form-data; boundary=${BOUNDARY}` : "application/json";
  return connections.send(url, {
    method,
    headers: { ...headers, ...(body !== undefined && { "content-type": type }) },
    body,
  });
}

const BOUNDARY = "a-form";
const FORM = `--${BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\nHello\r\n--${BOUNDARY}--\r\n`;

const KNOWLEDGE_BASE = `--${BOUNDARY}\r\ncontent-disposition: form-data; name="knowledge_base"\r\n\r\n{"name":"k"}\r\n--${BOUNDARY}--\r\n`;
/** Right forms of routes that also take other bodies. */
const FORMS: Readonly<Record<string, string>> = {
  create_knowledge_base: KNOWLEDGE_BASE,
  upload_document: FORM,
  upload_files: FORM.replace('name="file"', 'name="files"'),
};

/** Right bodies, by the ids of the routes that want one. */
const A2A_MESSAGE = { message: { messageId: "m", role: "ROLE_USER", parts: [{ text: "hello" }] } };
const BODIES: Readonly<Record<string, unknown>> = {
  erase: { user: "eve" },
  submitTask: { kind: "external", input: { queue: "q" } },
  submitTasks: { tasks: [{ kind: "external", input: { queue: "q" } }] },
  sendInput: { value: 1 },
  claimWork: { worker: "w", queue: "nothing-here" },
  heartbeatWork: { worker: "w", attempt: 1 },
  completeWork: { worker: "w", attempt: 1, output: 1 },
  failWork: { worker: "w", attempt: 1, error: { code: "c", message: "m" } },
  updateConversation: { title: "t" },
  sayMessage: { parts: [{ text: "hello" }] },
  create_message: { role: "user", content: "hello" },
  chat_completions: { messages: [{ role: "user", content: "hello" }] },
  createKey: { name: "k" },
  createAgent: { name: "A" },
  checkText: { text: "Hello." },
  updateVectorStore: { name: "n" },
  addVectorStoreFiles: { files: [{ file_id: "f" }] },
  updateVectorStoreFile: { attributes: {} },
  searchVectorStore: { query: "q" },
  createWebhook: { url: "http://127.0.0.1:9/" },
  createStandingWebhook: { url: "http://127.0.0.1:9/" },
  pushcreate_post_1_0: { url: "http://127.0.0.1:9/" },
  pushcreate_post_0_3: { pushNotificationConfig: { url: "http://127.0.0.1:9/" } },
  annotate_file: { title: "t" },
  analyze_file: { parse_options: { abstract: "enable" } },
  change_vector_store: { name: "n" },
  search_vector_store: { query: "q" },
  add_vector_store_file: { file_id: "f" },
  change_vector_store_file: { attributes: {} },
  create_file_batch: { file_ids: ["f"] },
  create_orchestrate_run: { message: { role: "user", content: "hello" } },
  stream_orchestrate_run: { message: { role: "user", content: "hello" } },
  create_background_task: { task_name: "external" },
  create_agent: { name: "a", description: "d", style: "default" },
  update_task: { action: "APPROVE" },
  update_tasks: { action: "APPROVE", tasks: [1] },
  create_task: { taskDefinitionName: "d" },
  add_comment: { commentStr: "hello" },
  actOnTask: { act: "claim" },
  addComment: { text: "hello" },
  send_post_1_0: A2A_MESSAGE,
  stream_post_1_0: A2A_MESSAGE,
  send_post_0_3: A2A_MESSAGE,
  stream_post_0_3: A2A_MESSAGE,
  call_method: { jsonrpc: "2.0", id: 1, method: "tasks/get", params: { id: "task_1" } },
};
const FOREIGN_BODY = { query: "hello", mode: "simple", title: "t" };

type Walked = { name: string; lens: string; mount: string; route: Route };
const walked: Walked[] = LENSES.flatMap((lens) =>
  lens.routes.map((route) => ({
    name: `${lens.name}: ${route.method} ${route.path}`,
    lens: lens.name,
    mount: lens.mount + (lens.variants?.[0] ?? ""),
    route,
  })),
);
const closed = walked.filter(({ route }) => !route.open);

let task = "";
let conversation = "";

function urlOf(server: TestServer, { lens, mount, route }: Walked): string {
  const root = server.lensUrls[lens] ?? server.url + mount;
  const id = /sessions|conversations/.test(route.path) ? conversation : route.path.includes("keys") ? "key_1" : task;
  // The first part of A2A's paths is the default agent, who is not named.
  const path = lens === "a2a" ? route.path.replace("/{base}", "") : route.path;
  return `${root}${path.replace("{sha256}", "0".repeat(64)).replaceAll(/\{\w+\}/g, id)}${route.path.includes("sse") ? `?workflow_id=${task}` : ""}`;
}

function bodyOf({ lens, route }: Walked): string | undefined {
  if (route.method === "GET" || route.method === "DELETE") return undefined;
  const form = FORMS[route.id];
  if (form !== undefined || route.reads === "form") return form ?? FORM;
  if (lens !== "native") return JSON.stringify(BODIES[route.id] ?? FOREIGN_BODY);
  return route.body === null ? undefined : JSON.stringify(BODIES[route.id] ?? {});
}

async function prepare(server: TestServer, key?: string): Promise<void> {
  const made = await server.call("/v1/tasks", {
    ...(key !== undefined && { key }),
    json: { kind: "external", input: { queue: "walk" }, conversation: { alias: "walk" } },
  });
  ({ id: task, conversation_id: conversation } = z
    .object({ id: z.string(), conversation_id: z.string() })
    .parse(await made.json()));
}

/** An error as this lens words it. */
function expectRefused(heard: Heard, lens: string, status: number): void {
  expect([heard.status, heard.text]).toEqual([status, heard.text]);
  const body: unknown = JSON.parse(heard.text);
  if (lens === "native") expect(body).toMatchObject({ status, code: status === 403 ? "forbidden" : "unauthenticated" });
  else if (lens === "documents") expect(body).toMatchObject({ code: status === 403 ? 8 : 7 });
  else if (lens === "a2a") expect(heard.text).toMatch(/"code":-32000|"status":"(?:PERMISSION_DENIED|UNAUTHENTICATED)"/);
  else if (lens === "bpm") expect(body).toMatchObject({ status, title: status === 403 ? "Forbidden" : "Unauthorized" });
  else if (lens === "orchestrate") expect(body).toEqual({ detail: expect.any(String) });
  else expect(body).toEqual({ error: status === 403 ? "Forbidden" : "Unauthorized" });
}

describe("waybill dev", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ keys: [{ user: "ada" }] });
    await prepare(server);
  });
  afterAll(() => server.stop());

  const pages: [string, Record<string, string>][] = [
    ["another origin", { origin: "https://evil.example" }],
    ["an origin that only begins like this machine", { origin: "http://localhost.evil.example" }],
    ["no origin that can be named", { origin: "null" }],
    ["another site, without saying which", { "sec-fetch-site": "cross-site" }],
  ];
  describe.each(pages)("to a page of %s", (page, headers) => {
    it.each(walked)("$name is forbidden, whatever key it brings, and cannot be read", async (at) => {
      const [ada = ""] = server.secrets;
      const whole = { authorization: `Bearer ${ada}` };
      // Who it is of is judged alike on all pages: one walks with every key, the others with the one that may most.
      const keys: Record<string, string>[] =
        page === "another origin" ? [{}, { "x-api-key": "sk_test_123456" }, whole] : [whole];
      for (const key of keys) {
        for (const method of [at.route.method, "OPTIONS", ...(at.route.method === "GET" ? ["HEAD"] : [])]) {
          const heard = await send(urlOf(server, at), method, { ...headers, ...key }, bodyOf(at));
          expect([method, heard.status]).toEqual([method, 403]);
          if (method === at.route.method) expectRefused(heard, at.lens, 403);
          for (const name in heard.headers) expect(name).not.toContain("access-control");
        }
      }
    });
  });

  it("answers a page of this machine, with what its browser needs to read it", async () => {
    for (const origin of ["http://localhost:5173", "http://127.0.0.1:3000", "tauri://localhost"]) {
      const headers = { origin, "sec-fetch-site": "cross-site" };
      const preflight = await send(`${server.shannonUrl}/api/v1/tasks`, "OPTIONS", headers);
      const list = await send(`${server.shannonUrl}/api/v1/tasks`, "GET", headers);
      for (const { status, headers } of [preflight, list]) {
        expect([status, headers["access-control-allow-origin"]]).toEqual([200, "*"]);
      }
    }
  });

  it.each(closed)("$name takes no key, and one that nobody knows, for the developer's", async (at) => {
    const keys: Record<string, string>[] = [
      {},
      { "x-api-key": "sk_test_123456" },
      { "x-api-key": "anything" },
      { authorization: "Bearer sk_nobody" },
      { authorization: "Bearer" },
    ];
    // What is claimed, cancelled or deleted by one call is not there for the next: each gets past the door.
    for (const key of keys) {
      const heard = await send(urlOf(server, at), at.route.streams ? "HEAD" : at.route.method, key, bodyOf(at));
      expect([401, 403]).not.toContain(heard.status);
    }
  });

  it.each(closed)("$name wants a key of the store from whoever comes through a proxy", async (at) => {
    for (const header of ["forwarded", "x-forwarded-for", "x-forwarded-host"]) {
      for (const key of [{}, { "x-api-key": "sk_test_123456" }]) {
        const heard = await send(urlOf(server, at), at.route.method, { [header]: "127.0.0.1", ...key }, bodyOf(at));
        expectRefused(heard, at.lens, 401);
      }
    }
  });

  it("lets a client of Shannon without a key choose who it is, and keeps such users' tasks apart", async () => {
    const user = (n: number) => ({ "x-user-id": `00000000-0000-4000-8000-00000000000${n}` });
    const url = `${server.shannonUrl}/api/v1/tasks`;
    const made = await send(url, "POST", user(1), JSON.stringify({ query: "Say hello", mode: "simple" }));
    const { task_id } = z.object({ task_id: z.string() }).parse(JSON.parse(made.text));
    expect((await send(`${url}/${task_id}`, "GET", user(1))).status).toBe(200);
    expect((await send(`${url}/${task_id}`, "GET", user(2))).status).toBe(404);
    const tenant = { "x-tenant-id": "00000000-0000-4000-8000-00000000000a" };
    expect((await send(`${url}/${task_id}`, "GET", { ...user(1), ...tenant })).status).toBe(404);
    expect((await send(`${url}/${task_id}`, "GET", {})).status).toBe(200);
    const usual = { "x-user-id": "00000000-0000-0000-0000-000000000002", "x-tenant-id": "nonsense" };
    expect((await send(`${url}/${task_id}`, "GET", usual)).status).toBe(200);
  });
});

describe("a key", () => {
  let server: TestServer;
  let admin = "";
  beforeAll(async () => {
    server = await startTestServer({ mode: "serve", keys: [{ user: "ada" }] });
    [admin = ""] = server.secrets;
    await prepare(server, admin);
  });
  afterAll(() => server.stop());

  async function made(scopes: string[], more: object = {}): Promise<{ id: string; secret: string }> {
    const response = await server.call("/v1/keys", { key: admin, json: { name: "k", scopes, ...more } });
    return createdKey.parse(await response.json());
  }

  const needed = (route: Route) => (route.id === "createKey" ? "admin" : route.scope);
  /** What any key may know, or asks for its scope by what it is sent. */
  const isForAnyScope = (route: Route) => needed(route) === "any" && route.id !== "call_method";

  it.each(closed.filter(({ route }) => !isForAnyScope(route)))(
    "without the scope that $name needs is forbidden there, streams and waits too",
    async (at) => {
      const scope = at.route.id === "call_method" ? "tasks" : needed(at.route);
      const scopes = ["tasks", "work", "admin"].filter((each) => each !== scope);
      const { secret } = await made(scopes);
      const waits = /(submitTask|getTask)$/.test(at.route.id) ? [urlOf(server, at), `${urlOf(server, at)}?wait=1`] : [];
      for (const url of waits.length > 0 ? waits : [urlOf(server, at)]) {
        for (const accept of ["application/json", "text/event-stream"]) {
          const key = { authorization: `Bearer ${secret}`, accept };
          expectRefused(await send(url, at.route.method, key, bodyOf(at)), at.lens, 403);
        }
      }
    },
  );

  it("for all tasks of a tenant is one for its own too", async () => {
    const { secret } = await made(["tasks:all"]);
    expect((await server.call(`/v1/tasks/${task}`, { key: secret })).status).toBe(200);
  });

  it("that can do everything but make keys makes none, for itself or for others", async () => {
    const { secret } = await made(["tasks", "tasks:all", "work"]);
    for (const json of [{ name: "x" }, { name: "x", scopes: ["tasks"] }, { name: "x", user: "eve" }]) {
      expect((await server.call("/v1/keys", { key: secret, json })).status).toBe(403);
    }
  });

  const waits: [string, (key: string) => Promise<Response>][] = [
    ["a wait for a task", (key) => server.call(`/v1/tasks/${task}?wait=60`, { key })],
    [
      "a submit that waits",
      (key) => server.call("/v1/tasks?wait=60", { key, json: { kind: "external", input: { queue: "never" } } }),
    ],
    [
      "a claim that waits for work",
      (key) => server.call("/v1/work/claim", { key, json: { worker: "w", queue: "never-offered", wait_ms: 30_000 } }),
    ],
  ];
  const streams: [string, (key: string) => Promise<Response>][] = [
    ["native", (key) => server.call(`/v1/tasks/${task}/events`, { key, headers: { accept: "text/event-stream" } })],
    [
      "shannon",
      (key) => fetch(`${server.shannonUrl}/api/v1/stream/sse?workflow_id=${task}`, { headers: { "x-api-key": key } }),
    ],
  ];
  /** Less than any of these would wait by itself, and more than a busy machine takes. */
  const SOON_MS = 25_000;
  const LIFE_MS = 3_000;
  type Ending = { secret: string; end: () => Promise<unknown> };
  const ends: [string, (lifeMs: number) => Promise<Ending>][] = [
    [
      "revoked",
      async () => {
        const { id, secret } = await made(["tasks", "work"]);
        return { secret, end: () => server.call(`/v1/keys/${id}`, { method: "DELETE", key: admin }) };
      },
    ],
    [
      "expired",
      async (lifeMs) => {
        const expiresAt = Date.now() + lifeMs;
        const { secret } = await made(["tasks", "work"], { expires_at: new Date(expiresAt).toISOString() });
        return { secret, end: () => expect.poll(() => Date.now() >= expiresAt).toBe(true) };
      },
    ],
  ];
  /** A key, and a stream that was opened with it before its end: a busy machine takes its time for that. */
  async function streaming(key: (lifeMs: number) => Promise<Ending>, open: (key: string) => Promise<Response>) {
    for (let lifeMs = LIFE_MS; ; lifeMs *= 2) {
      const ending = await key(lifeMs);
      const stream = await open(ending.secret);
      if (stream.status === 200 || lifeMs > 16 * LIFE_MS) return { ...ending, stream };
      await stream.body?.cancel();
    }
  }

  describe.each(ends)("that is %s", { concurrent: true }, (_how, key) => {
    it.each(waits)("ends %s soon, which is refused then", async (_what, wait) => {
      const { secret, end } = await key(LIFE_MS);
      const waiting = wait(secret);
      await end();
      const began = performance.now();
      expect((await waiting).status).toBe(401);
      expect(performance.now() - began).toBeLessThan(SOON_MS);
    });

    it.each(streams)("ends an open stream of the %s lens soon", async (_lens, open) => {
      const { secret, end, stream } = await streaming(key, open);
      expect(stream.status).toBe(200);
      await end();
      const began = performance.now();
      const text = await stream.text().catch(() => "");
      expect(performance.now() - began).toBeLessThan(SOON_MS);
      expect(text).not.toContain("done");
      expect((await open(secret)).status).toBe(401);
    });
  });
});
