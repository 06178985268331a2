import { describe, expect, it } from "vitest";
import { retryAfterMs } from "./backoff.ts";
import { cut, json, problem, rawServer } from "./raw-server.fixture.ts";
import { TaskHandle } from "./task-handle.ts";
import { Transport } from "./transport.ts";
import { Waybill } from "./waybill.ts";

const read = { method: "GET", path: "/v1/me" } as const;

describe("a request", () => {
  it("carries the key, and keeps a base URL's own path", async () => {
    const { url, requests } = await rawServer(json(200, { ok: true }));
    await new Transport({ baseUrl: `${url}/waybill/`, apiKey: "sk_1" }).json(read);
    expect(requests[0]?.request.url).toBe("/waybill/v1/me");
    expect(requests[0]?.request.headers.authorization).toBe("Bearer sk_1");
  });

  it("writes lists with commas and objects in brackets into the query", async () => {
    const { url, requests } = await rawServer(json(200, { data: [], total: 0, next_cursor: null }));
    const client = new Waybill({ baseUrl: url });
    await client.tasks.list({ state: ["running", "waiting"], metadata: { "a b": "1&2" } }).page();
    expect(requests[0]?.request.url).toBe("/v1/tasks?state=running%2Cwaiting&metadata%5Ba+b%5D=1%262");
  });

  it("is tried again while the server says that this passes", async () => {
    const { url, requests } = await rawServer(problem(503, "unavailable"), cut, json(200, { user: "ada" }));
    await expect(new Transport({ baseUrl: url }).json(read)).resolves.toEqual({ user: "ada" });
    expect(requests).toHaveLength(3);
  });

  it("waits as long as Retry-After says", async () => {
    const { url } = await rawServer(problem(429, "rate_limited", { "retry-after": "1" }), json(200, {}));
    const from = performance.now();
    await new Transport({ baseUrl: url }).json(read);
    expect(performance.now() - from).toBeGreaterThan(950);
  });

  it("is not tried again when Retry-After asks for longer than a caller would wait", async () => {
    const { url, requests } = await rawServer(problem(429, "rate_limited", { "retry-after": "3600" }));
    await expect(new Transport({ baseUrl: url }).json(read)).rejects.toMatchObject({ retryAfterS: 3600 });
    expect(requests).toHaveLength(1);
  });

  it("is given up after the tries it has", async () => {
    const { url, requests } = await rawServer(problem(503, "unavailable"));
    await expect(new Transport({ baseUrl: url, retries: 1 }).json(read)).rejects.toMatchObject({
      code: "unavailable",
      status: 503,
      requestId: "r-1",
      message: "It is unavailable.",
    });
    expect(requests).toHaveLength(2);
  });

  it("is not tried again when it is refused", async () => {
    const { url, requests } = await rawServer(problem(400, "invalid", { field: "input.query" }));
    await expect(new Transport({ baseUrl: url }).json(read)).rejects.toMatchObject({
      name: "WaybillError",
      code: "invalid",
      field: "input.query",
    });
    expect(requests).toHaveLength(1);
  });

  it("is not repeated when repeating it would do it twice", async () => {
    const { url, requests } = await rawServer(cut);
    await expect(new Waybill({ baseUrl: url }).keys.create({ name: "ci" })).rejects.toMatchObject({
      code: "connection",
      status: null,
    });
    expect(requests).toHaveLength(1);
  });

  it("repeats a submit under one Idempotency-Key", async () => {
    const { url, requests } = await rawServer(cut, problem(500, "internal"), json(202, { id: "task_1" }));
    const handle = await new Waybill({ baseUrl: url }).submit({ input: { query: "?" } });
    expect(handle.id).toBe("task_1");
    const keys = requests.map(({ request }) => request.headers["idempotency-key"]);
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(requests.map(({ body }) => body)).toEqual(Array(3).fill('{"input":{"query":"?"}}'));
  });

  it("says that an answer is not Waybill's", async () => {
    const { url } = await rawServer((_request, response) => void response.end("<html>"));
    await expect(new Transport({ baseUrl: url }).json(read)).rejects.toMatchObject({ code: "protocol", status: 200 });
    const { url: other } = await rawServer((_request, response) => void response.writeHead(404).end("nginx"));
    await expect(new Transport({ baseUrl: other }).json(read)).rejects.toMatchObject({ code: "protocol", status: 404 });
  });

  it("says that nobody is there", async () => {
    await expect(new Transport({ baseUrl: "http://127.0.0.1:1", retries: 0 }).json(read)).rejects.toMatchObject({
      code: "connection",
      message: expect.stringContaining("Cannot reach http://127.0.0.1:1"),
    });
  });

  it("is given up when no answer comes in time", async () => {
    const { url } = await rawServer(() => undefined);
    const transport = new Transport({ baseUrl: url, timeoutMs: 50, retries: 0 });
    await expect(transport.json(read)).rejects.toMatchObject({ code: "timeout" });
  });

  it("is given months when it is told to", async () => {
    const { url } = await rawServer(json(200, { ok: true }));
    const transport = new Transport({ baseUrl: url, timeoutMs: 100 * 86_400_000, retries: 0 });
    expect(await transport.json(read)).toEqual({ ok: true });
  });

  it("rejects with the caller's reason when the caller stops it, also between tries", async () => {
    const reason = new Error("enough");
    const { url } = await rawServer(() => undefined);
    const { signal, stop } = stoppable(reason);
    const asked = new Transport({ baseUrl: url }).json({ ...read, signal });
    stop();
    await expect(asked).rejects.toBe(reason);

    const between = stoppable(reason);
    const busy = await rawServer((request, response) => {
      problem(503, "unavailable", { "retry-after": "30" })(request, response);
      response.on("close", between.stop);
    });
    const waiting = new Transport({ baseUrl: busy.url }).json({ ...read, signal: between.signal });
    await expect(waiting).rejects.toBe(reason);
  });
});

describe("a result", () => {
  const task = (state: string, more: object = {}) => ({ id: "task_1", state, output: null, error: null, ...more });

  it("is polled for until the end", async () => {
    const { url, requests } = await rawServer(
      json(200, task("running")),
      json(200, task("paused")),
      json(200, task("completed", { output: { text: "Paris" } })),
    );
    await expect(new TaskHandle(new Transport({ baseUrl: url }), "task_1").text()).resolves.toBe("Paris");
    expect(requests[0]?.request.url).toBe("/v1/tasks/task_1?wait=30");
  });

  it.each([
    ["failed", "TaskFailed", "task_failed"],
    ["cancelled", "TaskCancelled", "task_cancelled"],
    ["timed_out", "TaskTimedOut", "task_timed_out"],
    ["rejected", "TaskRejected", "task_rejected"],
  ])("of a task that is %s rejects with %s", async (state, name, code) => {
    const error = { code: "handler_error", message: "No luck.", step: null };
    const { url } = await rawServer(json(200, task(state, { error, cancelled: { by: "ada", at: "", reason: "" } })));
    const rejected = new Waybill({ baseUrl: url }).task("task_1").result();
    await expect(rejected).rejects.toMatchObject({ name, code, task: { id: "task_1", state } });
  });

  it("can say that a person has to answer first", async () => {
    const question = { name: "q", asks: "answer", text: "Which one?", schema: null, until: null };
    const { url } = await rawServer(json(200, task("input_required", { input_required: question })));
    const rejected = new Waybill({ baseUrl: url }).task("task_1").result({ onInputRequired: "reject" });
    await expect(rejected).rejects.toMatchObject({
      code: "task_needs_input",
      message: expect.stringContaining("Which"),
    });
  });
});

it("reads Retry-After as seconds or as a date", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  expect(retryAfterMs("2", now)).toBe(2000);
  expect(retryAfterMs("Thu, 01 Jan 2026 00:00:05 GMT", now)).toBe(5000);
  expect(retryAfterMs("Thu, 01 Jan 2015 00:00:05 GMT", now)).toBe(0);
  expect(retryAfterMs("soon", now)).toBe(null);
});

function stoppable(reason: Error): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, stop: () => controller.abort(reason) };
}
