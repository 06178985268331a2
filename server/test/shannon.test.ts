/** The Shannon API of a whole server, called as its clients call it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { documentedRoutes } from "../src/lenses/shannon/openapi.ts";
import {
  controlState,
  eventsAnswer,
  historyAnswer,
  listAnswer,
  sessionAnswer,
  sessionsAnswer,
  statusAnswer,
  submitAnswer,
  turnsAnswer,
} from "../src/lenses/shannon/schema.ts";
import { type ShannonServer, startShannonServer } from "./shannon-server.ts";
import { allFrames, type Frame, framesOf } from "./sse.ts";

const KEY = { "x-api-key": "sk_test_123456" };
const SCRIPTED = { agent: "scripted" };

let server: ShannonServer;
beforeAll(async () => {
  server = await startShannonServer();
});
afterAll(() => server.stop());

type Body = NonNullable<RequestInit["body"]>;
type Sent = { method?: string; json?: unknown; body?: Body; headers?: Record<string, string> };

function call(path: string, { json, body, headers = KEY, method }: Sent = {}): Promise<Response> {
  const content = json === undefined ? body : JSON.stringify(json);
  return fetch(new URL(path, server.shannonUrl), {
    method: method ?? (content === undefined ? "GET" : "POST"),
    headers,
    redirect: "manual",
    ...(content !== undefined && { body: content }),
  });
}

async function answer<Schema extends z.ZodType>(schema: Schema, path: string, sent?: Sent): Promise<z.infer<Schema>> {
  const response = await call(path, sent);
  expect(response.status, await response.clone().text()).toBe(200);
  return schema.parse(await response.json());
}

async function refused(path: string, sent?: Sent): Promise<[number, unknown]> {
  const response = await call(path, sent);
  return [response.status, await response.json()];
}

async function submit(json: Record<string, unknown>, headers?: Record<string, string>): Promise<string> {
  const sent = { json, headers: { ...KEY, ...headers } };
  return (await answer(submitAnswer, "/api/v1/tasks", sent)).task_id;
}

function status(id: string) {
  return answer(statusAnswer, `/api/v1/tasks/${id}`);
}

async function stream(id: string, query = "", headers: Record<string, string> = {}): Promise<Frame[]> {
  const response = await call(`/api/v1/stream/sse?workflow_id=${id}${query}`, { headers: { ...KEY, ...headers } });
  expect(response.status).toBe(200);
  return allFrames(response);
}

/** Submits and waits for the end. */
async function ended(json: Record<string, unknown>) {
  const id = await submit(json);
  await stream(id);
  return status(id);
}

function dataOf(frame: Frame | undefined): Record<string, unknown> {
  return z.record(z.string(), z.unknown()).parse(JSON.parse(frame?.data ?? "{}"));
}

describe("a task", () => {
  test("is submitted, answered and told with its model and its tokens", async () => {
    const response = await call("/api/v1/tasks", { json: { query: "What is the capital of France?" } });
    expect(response.status).toBe(200);
    const submitted = submitAnswer.parse(await response.json());
    const session = response.headers.get("x-session-id");
    expect(response.headers.get("x-workflow-id")).toBe(submitted.task_id);
    expect(submitted.workflow_id).toBe(submitted.task_id);
    expect(submitted.message).toBe(`Task submitted successfully. Session: ${session}`);
    await stream(submitted.task_id);
    const done = await status(submitted.task_id);
    expect(done).toMatchObject({
      status: "TASK_STATUS_COMPLETED",
      error: "",
      query: "What is the capital of France?",
      session_id: session,
      model_used: "reference",
      provider: "local",
    });
    expect(done.result).toContain("Paris");
    expect(done.response).toEqual({ result: done.result });
    const { total_tokens = 0, input_tokens = 0, output_tokens = 0 } = done.usage ?? {};
    expect(total_tokens).toBe(input_tokens + output_tokens);
    expect(total_tokens).toBeGreaterThan(0);
  });

  test("can be submitted with where to stream it", async () => {
    const response = await call("/api/v1/tasks/stream", { json: { query: "2 + 2", session_id: "stream-me" } });
    expect(response.status).toBe(201);
    const { task_id, stream_url } = z
      .object({ task_id: z.string(), stream_url: z.string() })
      .parse(await response.json());
    expect(stream_url).toBe(`/api/v1/stream/sse?workflow_id=${task_id}`);
    expect(response.headers.get("link")).toBe(`<${stream_url}>; rel=stream`);
    expect(response.headers.get("x-session-id")).toBe("stream-me");
    expect((await allFrames(await call(stream_url))).at(-1)?.data).toBe("[DONE]");
  });

  test("costs what the price table says, in its status and in the list", async () => {
    const done = await ended({ query: "hello there", mode: "simple", session_id: "priced", context: SCRIPTED });
    expect(done.usage).toEqual({ total_tokens: 30, input_tokens: 20, output_tokens: 10, estimated_cost: 0.00004 });
    expect(done.metadata?.model_breakdown).toMatchObject([{ provider: "scripted", executions: 1, percentage: 100 }]);
    const { tasks } = await answer(listAnswer, "/api/v1/tasks?session_id=priced");
    expect(tasks[0]?.total_token_usage).toEqual({
      total_tokens: 30,
      cost_usd: 0.00004,
      prompt_tokens: 20,
      completion_tokens: 10,
    });
  });

  test("that its provider refuses has failed, with the error in its status and on its stream", async () => {
    const id = await submit({ query: "fail", mode: "simple", context: SCRIPTED });
    const frames = await stream(id);
    expect(frames.slice(-3).map(({ event }) => event)).toEqual(["error", "WORKFLOW_FAILED", "done"]);
    const failed = await status(id);
    expect(failed).toMatchObject({ status: "TASK_STATUS_FAILED", response: null });
    expect(failed.error).toContain("the scripted failure");
    expect(dataOf(frames.at(-3))["message"]).toBe(failed.error);
  });

  test("that spends its budget has failed, and the error names the budget", async () => {
    const context = { ...SCRIPTED, budget_max: "25" };
    const id = await submit({ query: "hold on", mode: "standard", context });
    await server.held();
    server.release();
    await stream(id);
    const failed = await status(id);
    expect(failed.status).toBe("TASK_STATUS_FAILED");
    expect(failed.error).toMatch(/budget/i);
  });

  test("takes attachments, and shows them without their bytes", async () => {
    const data = Buffer.from("The quarterly profit rose by 12 percent.").toString("base64");
    const attachments = [{ media_type: "text/plain", filename: "q1.txt", data }];
    const done = await ended({ query: "Summarise the file", mode: "simple", context: { attachments, tag: "x" } });
    expect(done.status).toBe("TASK_STATUS_COMPLETED");
    expect(done.context).toEqual({
      tag: "x",
      attachments: [{ media_type: "text/plain", filename: "q1.txt", size_bytes: 40 }],
    });
  });

  test("of another lens and kind is shown, streamed and listed", async () => {
    const made = await server.call("/v1/tasks", {
      key: KEY["x-api-key"],
      json: { kind: "external", input: { queue: "nobody", payload: { n: 1 } } },
    });
    const { id } = z.object({ id: z.string() }).parse(await made.json());
    expect(await status(id)).toMatchObject({ task_id: id, session_id: "", response: null });
    await call(`/api/v1/tasks/${id}/cancel`, { method: "POST" });
    expect((await stream(id)).at(-1)?.event).toBe("done");
    expect((await answer(listAnswer, "/api/v1/tasks?limit=100")).tasks.map(({ task_id }) => task_id)).toContain(id);
    expect((await answer(eventsAnswer, `/api/v1/tasks/${id}/events`)).count).toBeGreaterThan(0);
  });
});

describe("a key", () => {
  test.each([
    { "x-api-key": "sk_test_123456" },
    { authorization: "Bearer sk_test_123456" },
    { "x-api-key": "sk-shannon-test_123456" },
    { authorization: "bearer sk-shannon-test_123456" },
    { "x-api-key": "sk_wrong", authorization: "Bearer sk_test_123456" },
  ])("lets in, sent as %j", async (headers) => {
    expect((await call("/api/v1/tasks", { headers: { ...headers } })).status).toBe(200);
  });

  test("that is missing or wrong is told so before anything else, with the detail in a header", async () => {
    for (const headers of [{}, { "x-api-key": "sk_wrong" }]) {
      for (const path of ["/api/v1/tasks", "/api/v1/tasks/bad%20id", "/api/v1/stream/sse", "/api/v1/sessions/none"]) {
        const response = await call(path, { headers });
        expect([response.status, await response.text()]).toEqual([401, '{"error":"Unauthorized"}']);
        expect(response.headers.get("www-authenticate")).toMatch(
          /^Bearer realm="Shannon API", error_description="[^"]+"$/,
        );
      }
      const posted = await call("/api/v1/tasks", { headers, body: "{not json" });
      expect(posted.status).toBe(401);
    }
  });

  test("is taken from the query on streams alone", async () => {
    const { task_id } = await ended({ query: "1 + 1", mode: "simple" });
    for (const name of ["api_key", "token"]) {
      const path = `/api/v1/stream/sse?workflow_id=${task_id}&${name}=sk_test_123456`;
      expect((await allFrames(await call(path, { headers: {} }))).at(-1)?.event).toBe("done");
    }
    expect((await call("/api/v1/tasks?api_key=sk_test_123456", { headers: {} })).status).toBe(401);
  });

  test("is not needed for health and for the document", async () => {
    for (const path of ["/health", "/readiness", "/openapi.json"]) {
      expect((await call(path, { headers: {} })).status).toBe(200);
    }
  });
});

describe("a refusal", () => {
  test.each([
    ["/api/v1/tasks/task_00000000000000000000000000", 404, "Task not found"],
    ["/api/v1/tasks/nobody", 404, "Task not found"],
    ["/api/v1/tasks/bad%20id", 400, "Invalid task ID format"],
    ["/api/v1/tasks/nobody/events", 404, "Task not found"],
    ["/api/v1/tasks/nobody/control-state", 404, "Task not found"],
    ["/api/v1/tasks/bad%20id/events", 400, "Invalid task ID format"],
    ["/api/v1/tasks/bad%20id/stream", 400, "Invalid task ID format"],
    ["/api/v1/tasks?limit=0", 400, "Invalid limit parameter"],
    ["/api/v1/tasks?limit=101", 400, "Invalid limit parameter"],
    ["/api/v1/tasks?limit=ten", 400, "Invalid limit parameter"],
    ["/api/v1/tasks?offset=-1", 400, "Invalid offset parameter"],
    ["/api/v1/tasks?status=SLEEPING", 400, "Invalid status value"],
    ["/api/v1/tasks?session_id=a%20b", 400, "Invalid session_id format"],
    ["/api/v1/stream/sse", 400, "Invalid or missing workflow_id"],
    ["/api/v1/stream/sse?workflow_id=a%20b", 400, "Invalid or missing workflow_id"],
    ["/api/v1/stream/sse?workflow_id=nobody", 404, "Workflow not found"],
    ["/api/v1/stream/sse?workflow_id=nobody&last_event_id=x", 400, "Invalid last_event_id"],
    ["/api/v1/sessions/nobody", 404, "Session not found"],
    ["/api/v1/sessions/nobody/history", 404, "Session not found"],
    ["/api/v1/sessions/nobody/events", 404, "Session not found"],
    ["/api/v1/sessions/nobody/events?limit=101", 400, "Invalid limit parameter"],
    ["/api/v1/nothing", 404, "Not found"],
  ])("of GET %s is %i %s", async (path, code, error) => {
    expect(await refused(path)).toEqual([code, { error }]);
  });

  test.each(["cancel", "pause", "resume"])("to %s a task that is not there is 404, whatever its id", async (act) => {
    for (const id of ["nobody", "bad%20id"]) {
      expect(await refused(`/api/v1/tasks/${id}/${act}`, { method: "POST" })).toEqual([
        404,
        { error: "Task not found" },
      ]);
    }
  });

  test("of a bad body says what is wrong with it", async () => {
    const told = async (body: Body) => {
      const [code, { error }] = z
        .tuple([z.number(), z.object({ error: z.string() })])
        .parse(await refused("/api/v1/tasks", { body }));
      return `${code} ${error}`;
    };
    expect(await told("{")).toMatch(/^400 Invalid request body: ./);
    expect(await told("[]")).toMatch(/^400 Invalid request body: ./);
    expect(await told(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]))).toMatch(/^400 Invalid request body: .*UTF-8/);
    expect(await told(`{"query":"q","context":${"[".repeat(10_000)}${"]".repeat(10_000)}}`)).toMatch(/^400 /);
    expect(await told(`{"query":"q","context":{"a":${'{"a":'.repeat(100)}1${"}".repeat(100)}}}`)).toMatch(/^400 /);
    expect(await told('{"query":""}')).toBe("400 Query is required");
    expect(await told('{"query":"q","provider_override":"groq"}')).toMatch(/^400 Invalid request body: Unknown model/);
    expect(await told(`{"query":"${"x".repeat(41 * 1024 * 1024)}"}`)).toMatch(/^413 /);
  });
});

describe("the list", () => {
  test("pages and filters, and counts all that match", async () => {
    for (const query of ["1 + 1", "2 + 2", "3 + 3"]) await ended({ query, mode: "simple", session_id: "listed" });
    const all = await answer(listAnswer, "/api/v1/tasks?session_id=listed");
    expect(all.total_count).toBe(3);
    expect(all.tasks.map(({ query }) => query)).toEqual(["3 + 3", "2 + 2", "1 + 1"]);
    const page = await answer(listAnswer, "/api/v1/tasks?session_id=listed&limit=1&offset=1&status=completed");
    expect(page.tasks.map(({ query }) => query)).toEqual(["2 + 2"]);
    expect(page.total_count).toBe(3);
    expect(page.tasks[0]).toMatchObject({ status: "TASK_STATUS_COMPLETED", mode: "EXECUTION_MODE_SIMPLE" });
    const none = { tasks: [], total_count: 0 };
    expect(await answer(listAnswer, "/api/v1/tasks?session_id=listed&status=TASK_STATUS_PAUSED")).toEqual(none);
    expect(await answer(listAnswer, "/api/v1/tasks?session_id=unheard-of")).toEqual(none);
  });
});

describe("a stream", () => {
  test("of an ended task tells it from the start, and resumes after any frame without a gap or a repeat", async () => {
    const { task_id } = await ended({ query: "What is the capital of Peru?" });
    const frames = await stream(task_id);
    expect(frames.map(({ event }) => event)).toEqual(
      expect.arrayContaining(["WORKFLOW_STARTED", "thread.message.delta", "thread.message.completed", "done"]),
    );
    expect(frames.filter(({ data }) => data.includes('"agent_id":"final_output"'))).toHaveLength(1);
    for (const [index, { id, event }] of frames.entries()) {
      const rest = event === "done" ? frames.slice(-1) : frames.slice(index + 1);
      expect(await stream(task_id, `&last_event_id=${id}`)).toEqual(rest);
      expect(await stream(task_id, "", { "last-event-id": id.split("-")[1] ?? "" })).toEqual(rest);
    }
    expect(await stream(task_id, "&last_event_id=0")).toEqual(frames);
  });

  test("resumed beyond the end is done at once, and a header that is no id is ignored", async () => {
    const { task_id } = await ended({ query: "5 + 5", mode: "simple" });
    for (const beyond of ["999999", "9999999999999-0", "9999999999999-999999"]) {
      const frames = await stream(task_id, `&last_event_id=${beyond}`);
      expect(frames.map(({ event }) => event)).toEqual(["done"]);
    }
    expect((await stream(task_id, "", { "last-event-id": "what" })).length).toBeGreaterThan(3);
    const [, seq = ""] = (await stream(task_id))[1]?.id.split("-") ?? [];
    const won = await stream(task_id, "&last_event_id=0", { "last-event-id": seq });
    expect(won.length).toBe((await stream(task_id)).length - 2);
  });

  test("leaves out what is not asked for, by either name, but never the end", async () => {
    const { task_id } = await ended({ query: "What is the capital of Chile?" });
    const names = async (types: string) =>
      new Set((await stream(task_id, `&types=${types}`)).map(({ event }) => event));
    expect(await names("LLM_PARTIAL")).toEqual(new Set(["thread.message.delta", "done"]));
    expect(await names("thread.message.completed,WORKFLOW_COMPLETED")).toEqual(
      new Set(["thread.message.completed", "WORKFLOW_COMPLETED", "done"]),
    );
  });

  test("goes on live where it began, also for readers that come and go", async () => {
    const id = await submit({ query: "hold it", context: SCRIPTED });
    await server.held();
    const reader = framesOf(await call(`/api/v1/stream/sse?workflow_id=${id}`));
    const first: Frame[] = [];
    for await (const frame of reader) {
      first.push(frame);
      if (first.length === 3) break;
    }
    const last = first.at(-1)?.id ?? "";
    const second = stream(id, `&last_event_id=${last}`);
    const third = stream(id);
    server.release();
    expect([...first, ...(await second)]).toEqual(await third);
    expect(await third).toEqual(await stream(id));
    expect((await status(id)).result).toBe('It said: "released"');
  });

  test("is what the task's own stream address leads to", async () => {
    const query = "types=done&last_event_id=3&api_key=sk_test_123456";
    const response = await call(`/api/v1/tasks/some_task/stream?${query}`);
    expect(response.status).toBe(307);
    expect(response.headers.get("location")).toBe(`/api/v1/stream/sse?workflow_id=some_task&${query}`);
    const mounted = await fetch(`${server.url}/shannon/api/v1/tasks/some_task/stream`, {
      headers: KEY,
      redirect: "manual",
    });
    expect(mounted.headers.get("location")).toBe("/shannon/api/v1/stream/sse?workflow_id=some_task");
  });

  test("has the headers and the first bytes that the specification names", async () => {
    const { task_id } = await ended({ query: "6 + 6", mode: "simple" });
    const response = await call(`/api/v1/stream/sse?workflow_id=${task_id}`);
    expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
    expect(response.headers.get("cache-control")).toBe("no-cache, no-transform");
    expect(response.headers.get("x-accel-buffering")).toBe("no");
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("x-trace-id")).toMatch(/^[0-9a-f]{32}$/);
    expect(await response.text()).toMatch(new RegExp(`^: connected to workflow ${task_id}\n\nid: `));
  });

  test("shows a question to a person with where to answer it, and goes on with the answer", async () => {
    const id = await submit({ query: "ask me", context: SCRIPTED });
    const frames: Frame[] = [];
    for await (const frame of framesOf(await call(`/api/v1/stream/sse?workflow_id=${id}`))) {
      frames.push(frame);
      if (!dataOf({ ...frame, data: frame.event === "done" ? "{}" : frame.data })["message"]) continue;
      if (String(dataOf(frame)["message"]).startsWith("Answer by")) break;
    }
    expect((await status(id)).status).toBe("TASK_STATUS_RUNNING");
    const [question, where] = frames.filter(({ event }) => event === "WAITING").map(dataOf);
    expect(question?.["message"]).toContain("Which of the two?");
    expect(where?.["message"]).toBe(`Answer by POST /v1/tasks/${id}/input of the native API`);
    const { url, body } = z
      .object({ answer: z.object({ url: z.string(), body: z.object({ prompt: z.string() }) }) })
      .parse(question?.["payload"]).answer;
    const answered = await server.call(url, { key: KEY["x-api-key"], json: { ...body, value: "the second" } });
    expect(answered.status).toBeLessThan(300);
    await stream(id);
    expect((await status(id)).result).toContain("the second");
  });
});

describe("steering", () => {
  test("cancels a running task, and every view agrees on it", async () => {
    const id = await submit({ query: "stall", mode: "simple", context: SCRIPTED });
    const watching = stream(id);
    for await (const { event } of framesOf(await call(`/api/v1/stream/sse?workflow_id=${id}`))) {
      if (event === "thread.message.delta") break;
    }
    const cancelled = await call(`/api/v1/tasks/${id}/cancel`, { json: { reason: "changed my mind" } });
    expect([cancelled.status, await cancelled.json()]).toEqual([
      202,
      { success: true, message: "Task cancelled successfully" },
    ]);
    expect((await watching).slice(-3).map(({ event }) => event)).toEqual([
      "workflow.cancelling",
      "workflow.cancelled",
      "done",
    ]);
    expect((await status(id)).status).toBe("TASK_STATUS_CANCELLED");
    expect(await answer(controlState, `/api/v1/tasks/${id}/control-state`)).toMatchObject({
      is_cancelled: true,
      cancel_reason: "changed my mind",
      cancelled_by: "developer",
    });
    const { tasks } = await answer(listAnswer, "/api/v1/tasks?status=cancelled&limit=1");
    expect(tasks[0]?.task_id).toBe(id);
    const { events } = await answer(eventsAnswer, `/api/v1/tasks/${id}/events`);
    expect(events.map(({ type }) => type)).toContain("WORKFLOW_CANCELLED");
    const again = await call(`/api/v1/tasks/${id}/cancel`, { body: "not json at all" });
    expect([again.status, await again.json()]).toMatchObject([202, { success: true }]);
  });

  test("tells a cancel that came too late, and refuses to pause or resume what has ended", async () => {
    const { task_id: id } = await ended({ query: "7 + 7", mode: "simple" });
    const late = await call(`/api/v1/tasks/${id}/cancel`, { method: "POST" });
    const message = "Task is already in terminal state: COMPLETED";
    expect([late.status, await late.json()]).toEqual([
      202,
      { success: false, message, status: "COMPLETED", error: message },
    ]);
    expect(await refused(`/api/v1/tasks/${id}/pause`, { method: "POST" })).toEqual([
      409,
      { error: "cannot pause completed task" },
    ]);
    expect(await refused(`/api/v1/tasks/${id}/resume`, { method: "POST" })).toEqual([
      409,
      { error: "cannot resume completed task" },
    ]);
  });

  test("pauses a task at its next checkpoint and lets it go on", async () => {
    const id = await submit({ query: "hold and pause", context: SCRIPTED });
    await server.held();
    const watching = stream(id);
    expect(await refused(`/api/v1/tasks/${id}/resume`, { method: "POST" })).toEqual([
      409,
      { error: "task is not paused" },
    ]);
    const paused = await call(`/api/v1/tasks/${id}/pause`, { json: { reason: "lunch" } });
    expect([paused.status, await paused.json()]).toEqual([
      202,
      { success: true, message: "Pause signal sent", task_id: id },
    ]);
    expect((await status(id)).status).toBe("TASK_STATUS_PAUSED");
    expect(await refused(`/api/v1/tasks/${id}/pause`, { method: "POST" })).toEqual([
      409,
      { error: "task is already paused" },
    ]);
    expect(await answer(controlState, `/api/v1/tasks/${id}/control-state`)).toMatchObject({
      is_paused: true,
      pause_reason: "lunch",
      paused_by: "developer",
    });
    server.release();
    for await (const { event } of framesOf(await call(`/api/v1/stream/sse?workflow_id=${id}`))) {
      if (event === "workflow.paused") break;
    }
    const resumed = await call(`/api/v1/tasks/${id}/resume`, { method: "POST" });
    expect([resumed.status, await resumed.json()]).toEqual([
      202,
      { success: true, message: "Resume signal sent", task_id: id },
    ]);
    const events = (await watching).map(({ event }) => event);
    const order = ["workflow.pausing", "workflow.paused", "workflow.resumed", "thread.message.completed", "done"];
    expect(events.filter((event) => order.includes(event))).toEqual(order);
    expect((await status(id)).status).toBe("TASK_STATUS_COMPLETED");
  });

  test("tells the events of a task in pages, oldest first and without live text", async () => {
    const { task_id } = await ended({ query: "What is the capital of Kenya?" });
    const all = await answer(eventsAnswer, `/api/v1/tasks/${task_id}/events?limit=200`);
    expect(all.count).toBe(all.events.length);
    const types = all.events.map(({ type }) => type);
    expect(types).not.toContain("LLM_PARTIAL");
    expect(types.slice(-3)).toEqual(["AGENT_COMPLETED", "WORKFLOW_COMPLETED", "STREAM_END"]);
    const page = await answer(eventsAnswer, `/api/v1/tasks/${task_id}/events?limit=2&offset=1`);
    expect(page).toEqual({ events: all.events.slice(1, 3), count: 2 });
    expect((await answer(eventsAnswer, `/api/v1/tasks/${task_id}/events?offset=5000`)).events).toEqual([]);
  });
});

describe("an idempotency key", () => {
  async function send(key: string, json: unknown, path = "/api/v1/tasks") {
    const response = await call(path, { json, headers: { ...KEY, "idempotency-key": key } });
    const { task_id } = z.object({ task_id: z.string() }).parse(await response.clone().json());
    return { task_id, body: await response.text(), headers: response.headers, status: response.status };
  }

  test("makes one task of the same body sent twice, and says so the second time", async () => {
    const first = await send("k1", { query: "8 + 8" });
    const second = await send("k1", { query: "8 + 8" });
    expect([second.status, second.body]).toEqual([first.status, first.body]);
    expect(first.headers.get("x-idempotency-cached")).toBeNull();
    expect(second.headers.get("x-idempotency-cached")).toBe("true");
    expect(second.headers.get("x-idempotency-key")).toBe("k1");
    for (const name of ["x-workflow-id", "x-session-id"]) {
      expect(second.headers.get(name)).toBe(first.headers.get(name));
    }
  });

  test("makes one task of the same body sent many times at once", async () => {
    const sent = await Promise.all(Array.from({ length: 10 }, () => send("k2", { query: "9 + 9" })));
    expect(new Set(sent.map(({ task_id }) => task_id)).size).toBe(1);
    expect(sent.filter(({ headers }) => headers.get("x-idempotency-cached") === "true")).toHaveLength(9);
  });

  test("under another body or path is simply another request", async () => {
    const first = await send("k3", { query: "1 + 9" });
    const body = await send("k3", { query: "9 + 1" });
    const path = await send("k3", { query: "1 + 9" }, "/api/v1/tasks/stream");
    expect(new Set([first.task_id, body.task_id, path.task_id]).size).toBe(3);
  });

  test("steers once", async () => {
    const id = await submit({ query: "hold once", context: SCRIPTED });
    await server.held();
    const headers = { ...KEY, "idempotency-key": "pause-1" };
    const first = await call(`/api/v1/tasks/${id}/pause`, { method: "POST", headers });
    const second = await call(`/api/v1/tasks/${id}/pause`, { method: "POST", headers });
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.headers.get("x-idempotency-cached")).toBe("true");
    await call(`/api/v1/tasks/${id}/cancel`, { method: "POST" });
  });
});

describe("a session", () => {
  test("is the memory of its tasks, and its totals are theirs", async () => {
    const session_id = "ada-talks";
    const first = await ended({ query: "My name is Ada", mode: "simple", session_id });
    const second = await ended({ query: "What is my name?", mode: "simple", session_id });
    expect(second.result).toContain("Ada");
    const tokens = (first.usage?.total_tokens ?? 0) + (second.usage?.total_tokens ?? 0);

    const one = await answer(sessionAnswer, `/api/v1/sessions/${session_id}`);
    expect(one).toMatchObject({ task_count: 2, tokens_used: tokens, title: "My name is Ada" });
    expect(one.context).toMatchObject({ external_id: session_id, title: "My name is Ada" });
    expect(await answer(sessionAnswer, `/api/v1/sessions/${one.session_id}`)).toEqual(one);

    const { sessions, total_count } = await answer(sessionsAnswer, "/api/v1/sessions?limit=100&offset=zero");
    expect(total_count).toBe(sessions.length);
    expect(sessions.find((each) => each.session_id === one.session_id)).toMatchObject({
      task_count: 2,
      successful_tasks: 2,
      success_rate: 1,
      latest_task_query: "What is my name?",
      latest_task_status: "COMPLETED",
      first_task_mode: "simple",
    });

    const history = await answer(historyAnswer, `/api/v1/sessions/${session_id}/history`);
    expect(history).toMatchObject({ session_id, total: 2 });
    expect(history.tasks.map(({ task_id }) => task_id)).toEqual([first.task_id, second.task_id]);
    expect(history.tasks.reduce((sum, task) => sum + task.total_tokens, 0)).toBe(tokens);

    const turns = await answer(turnsAnswer, `/api/v1/sessions/${session_id}/events?limit=1&offset=1`);
    expect(turns).toMatchObject({ session_id, count: 2 });
    expect(turns.turns).toHaveLength(1);
    expect(turns.turns[0]).toMatchObject({ turn: 2, task_id: second.task_id, final_output: second.result });
    expect(turns.turns[0]?.events.length).toBeGreaterThan(3);
    const bare = await answer(turnsAnswer, `/api/v1/sessions/${session_id}/events?include_payload=false`);
    expect(bare.turns.flatMap(({ events }) => events).some((event) => "payload" in event)).toBe(false);
    expect((await answer(turnsAnswer, `/api/v1/sessions/${session_id}/events?offset=9`)).turns).toEqual([]);
  });

  test("joined by the id that the server gave it is the same session", async () => {
    const first = await ended({ query: "My name is Grace", mode: "simple" });
    const second = await ended({ query: "What is my name?", mode: "simple", session_id: first.session_id });
    expect(second.result).toContain("Grace");
    const named = await ended({ query: "My name is Joan", mode: "simple", session_id: "joan" });
    const { session_id } = await answer(sessionAnswer, `/api/v1/sessions/${named.session_id}`);
    const again = await ended({ query: "What is my name?", mode: "simple", session_id });
    expect(again.result).toContain("Joan");
  });

  test("has a title of at most 60 characters", async () => {
    const { session_id } = await ended({ query: "10 + 1", mode: "simple", session_id: "titled" });
    const path = `/api/v1/sessions/${session_id}`;
    const patched = await call(path, { method: "PATCH", json: { title: "  Sums  " } });
    expect([patched.status, await patched.json()]).toEqual([200, { session_id, title: "Sums" }]);
    expect(await answer(sessionAnswer, path)).toMatchObject({ title: "Sums", context: { title: "Sums" } });
    const bad: [Body, string][] = [
      ["{", "Invalid request body"],
      ['{"title":5}', "Invalid request body"],
      ['{"title":"  "}', "Title cannot be empty"],
      ['{"title":"a\\u0000"}', ""],
      ['{"title":"\\u0001"}', "Title cannot contain only control characters"],
      [JSON.stringify({ title: "é".repeat(61) }), "Title must be 60 characters or less"],
    ];
    for (const [body, error] of bad.filter(([, text]) => text !== "")) {
      expect(await refused(path, { method: "PATCH", body })).toEqual([400, { error }]);
    }
    const unknown = await refused("/api/v1/sessions/nobody", { method: "PATCH", json: { title: "x" } });
    expect(unknown).toEqual([404, { error: "Session not found" }]);
  });

  async function deletedAndBegunAgain(session_id: string): Promise<void> {
    await ended({ query: "My name is Alan", mode: "simple", session_id });
    const path = `/api/v1/sessions/${session_id}`;
    const deleted = await call(path, { method: "DELETE" });
    expect([deleted.status, await deleted.text()]).toEqual([204, ""]);
    expect(await refused(path)).toEqual([404, { error: "Session not found" }]);
    const fresh = await ended({ query: "What is my name?", mode: "simple", session_id });
    expect(fresh.result).not.toContain("Alan");
    expect((await answer(sessionAnswer, path)).task_count).toBe(1);
  }

  test("that is deleted is gone, and its name begins a new one", async () => {
    await deletedAndBegunAgain("short-lived");
    const unknown = await refused("/api/v1/sessions/nobody", { method: "DELETE" });
    expect(unknown).toEqual([404, { error: "Session not found" }]);
  });

  test("that is deleted begins again under its name, when that is a UUID too", async () => {
    await deletedAndBegunAgain("6f1c1f0e-58cc-4372-a567-0e02b2c3d479");
  });

  test("may be deleted again", async () => {
    await ended({ query: "13 + 1", mode: "simple", session_id: "twice" });
    for (let round = 1; round <= 2; round++) {
      expect((await call("/api/v1/sessions/twice", { method: "DELETE" })).status).toBe(204);
    }
  });

  test("may be called anything that can be printed", async () => {
    const session_id = "Zürich – 東京";
    const response = await call("/api/v1/tasks", { json: { query: "11 + 1", session_id } });
    const header = response.headers.get("x-session-id") ?? "";
    expect(Buffer.from(header, "latin1").toString("utf8")).toBe(session_id);
    const path = `/api/v1/sessions/${encodeURIComponent(session_id)}`;
    expect((await answer(sessionAnswer, path)).context).toMatchObject({ external_id: session_id });
    expect(await refused("/api/v1/tasks", { json: { query: "q", session_id: "x".repeat(129) } })).toEqual([
      400,
      { error: "Invalid session_id format" },
    ]);
  });
});

describe("headers", () => {
  test("carry the client's own trace, by any of its names", async () => {
    const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    const of = async (headers: Record<string, string>) => {
      const response = await call("/health", { headers });
      expect(response.headers.get("x-span-id")).toMatch(/^[0-9a-f]{16}$/);
      return response.headers.get("x-trace-id");
    };
    expect(await of({ traceparent: `00-${trace}-00f067aa0ba902b7-01` })).toBe(trace);
    expect(await of({ "x-trace-id": trace })).toBe(trace);
    expect(await of({ "x-request-id": "4bf92f35-77b3-4da6-a3ce-929d0e0e4736" })).toBe(trace);
    expect(await of({ traceparent: "nonsense" })).toMatch(/^[0-9a-f]{32}$/);
  });

  test("let a web page of another origin call, and read what it needs", async () => {
    const preflight = await call("/api/v1/tasks", {
      method: "OPTIONS",
      headers: { origin: "https://app.example", "access-control-request-method": "POST" },
    });
    expect(preflight.status).toBe(200);
    expect(preflight.headers.get("access-control-allow-origin")).toBe("*");
    expect(preflight.headers.get("access-control-allow-methods")).toBe("GET, POST, PUT, PATCH, DELETE, OPTIONS");
    expect(preflight.headers.get("access-control-allow-headers")).toContain("Last-Event-ID");
    expect(preflight.headers.get("access-control-max-age")).toBe("3600");
    const listed = await call("/api/v1/tasks", { headers: { ...KEY, origin: "https://app.example" } });
    expect(listed.status).toBe(200);
    expect(listed.headers.get("access-control-expose-headers")).toContain("X-Workflow-ID");
    const { task_id } = await ended({ query: "12 + 1", mode: "simple" });
    expect((await call(`/api/v1/tasks/${task_id}`)).headers.get("x-workflow-id")).toBe(task_id);
  });
});

test("the document names every route that is served, and no other", async () => {
  const document = await answer(
    z.object({ openapi: z.string(), paths: z.record(z.string(), z.unknown()), components: z.unknown() }),
    "/openapi.json",
  );
  expect(document.openapi).toMatch(/^3\.0\./);
  expect(JSON.stringify(document.components)).not.toContain('"$schema"');
  for (const { method, path } of documentedRoutes()) {
    expect(Object.keys(document.paths)).toContain(path);
    const response = await call(path.replace("{id}", "nobody"), { method });
    await response.body?.cancel();
    if (response.status === 404) continue;
    expect(response.status, `${method} ${path}`).toBeLessThan(500);
  }
});

test("a stream is resumed on a server that was started again, without a gap or a repeat", async () => {
  const data = await mkdtemp(join(tmpdir(), "waybill-shannon-"));
  const first = await startShannonServer({ data });
  const json = { query: "What is the capital of Japan?" };
  const submitted = await fetch(`${first.shannonUrl}/api/v1/tasks`, {
    method: "POST",
    headers: KEY,
    body: JSON.stringify(json),
  });
  const { task_id } = submitAnswer.parse(await submitted.json());
  const path = `/api/v1/stream/sse?workflow_id=${task_id}`;
  const before = await allFrames(await fetch(first.shannonUrl + path, { headers: KEY }));
  await first.stop();
  const second = await startShannonServer({ data });
  try {
    for (const [index, { id }] of before.slice(0, -1).entries()) {
      const rest = await allFrames(await fetch(`${second.shannonUrl}${path}&last_event_id=${id}`, { headers: KEY }));
      expect(rest).toEqual(before.slice(index + 1));
    }
  } finally {
    await second.stop();
    await rm(data, { recursive: true, force: true });
  }
});

test("nothing of one user is another's: not a task, not a stream, not a session of the same name", async () => {
  const shared = await startShannonServer({
    mode: "serve",
    keys: [
      { user: "ada", scopes: ["tasks"] },
      { user: "bob", scopes: ["tasks"] },
    ],
  });
  try {
    const [ada = "", bob = ""] = shared.secrets;
    const as = (key: string, path: string, json?: unknown, method?: string) =>
      fetch(new URL(path, shared.shannonUrl), {
        method: method ?? (json === undefined ? "GET" : "POST"),
        headers: { "x-api-key": key },
        ...(json !== undefined && { body: JSON.stringify(json) }),
      });
    const json = { query: "My name is Ada", mode: "simple", session_id: "diary" };
    const { task_id } = submitAnswer.parse(await (await as(ada, "/api/v1/tasks", json)).json());
    await allFrames(await as(ada, `/api/v1/stream/sse?workflow_id=${task_id}`));
    const { session_id } = sessionAnswer.parse(await (await as(ada, "/api/v1/sessions/diary")).json());
    for (const path of [
      `tasks/${task_id}`,
      `tasks/${task_id}/events`,
      `tasks/${task_id}/control-state`,
      `stream/sse?workflow_id=${task_id}`,
      "sessions/diary",
      `sessions/${session_id}`,
      `sessions/${session_id}/history`,
      `sessions/${session_id}/events`,
    ]) {
      expect((await as(bob, `/api/v1/${path}`)).status, path).toBe(404);
    }
    for (const act of ["cancel", "pause", "resume"]) {
      expect((await as(bob, `/api/v1/tasks/${task_id}/${act}`, {})).status).toBe(404);
    }
    expect((await as(bob, `/api/v1/sessions/${session_id}`, undefined, "DELETE")).status).toBe(404);
    expect((await as(bob, `/api/v1/sessions/${session_id}`, { title: "mine" }, "PATCH")).status).toBe(404);
    for (const name of ["diary", session_id]) {
      const asked = { query: "What is my name?", mode: "simple", session_id: name };
      const own = submitAnswer.parse(await (await as(bob, "/api/v1/tasks", asked)).json());
      await allFrames(await as(bob, `/api/v1/stream/sse?workflow_id=${own.task_id}`));
      const told = statusAnswer.parse(await (await as(bob, `/api/v1/tasks/${own.task_id}`)).json());
      expect(told.result).not.toContain("Ada");
    }
    expect((await as("sk_test_123456", "/api/v1/tasks")).status).toBe(401);
  } finally {
    await shared.stop();
  }
});
