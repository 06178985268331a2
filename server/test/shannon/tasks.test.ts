import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { controlState, eventsAnswer, listAnswer, submitAnswer } from "../../src/lenses/shannon/schema.ts";
import { type ShannonServer, startShannonServer } from "../shannon-server.ts";
import { allFrames, framesOf } from "../sse.ts";
import { dataOf, KEY, SCRIPTED, type ShannonClient, shannonClient } from "./client.ts";

let server: ShannonServer;
let client: ShannonClient;
beforeAll(async () => {
  server = await startShannonServer();
  client = shannonClient(server);
});
afterAll(() => server.stop());

describe("a task", () => {
  test("is submitted, answered and told with its model and its tokens", async () => {
    const response = await client.call("/api/v1/tasks", { json: { query: "What is the capital of France?" } });
    expect(response.status).toBe(200);
    const submitted = submitAnswer.parse(await response.json());
    const session = response.headers.get("x-session-id");
    expect(response.headers.get("x-workflow-id")).toBe(submitted.task_id);
    expect(submitted.workflow_id).toBe(submitted.task_id);
    expect(submitted.message).toBe(`Task submitted successfully. Session: ${session}`);
    await client.stream(submitted.task_id);
    const done = await client.status(submitted.task_id);
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
    const response = await client.call("/api/v1/tasks/stream", { json: { query: "2 + 2", session_id: "stream-me" } });
    expect(response.status).toBe(201);
    const { task_id, stream_url } = z
      .object({ task_id: z.string(), stream_url: z.string() })
      .parse(await response.json());
    expect(stream_url).toBe(`/api/v1/stream/sse?workflow_id=${task_id}`);
    expect(response.headers.get("link")).toBe(`<${stream_url}>; rel=stream`);
    expect(response.headers.get("x-session-id")).toBe("stream-me");
    expect((await allFrames(await client.call(stream_url))).at(-1)?.data).toBe("[DONE]");
    const mounted = await fetch(`${server.url}/shannon/api/v1/tasks/stream`, {
      method: "POST",
      headers: KEY,
      body: JSON.stringify({ query: "2 + 2" }),
    });
    const { stream_url: path } = z.object({ stream_url: z.string() }).parse(await mounted.json());
    expect(mounted.headers.get("link")).toBe(`</shannon${path}>; rel=stream`);
    expect((await fetch(`${server.url}/shannon${path}&last_event_id=9999999`, { headers: KEY })).status).toBe(200);
  });

  test("costs what the price table says, in its status and in the list", async () => {
    const done = await client.ended({ query: "hello there", mode: "simple", session_id: "priced", context: SCRIPTED });
    expect(done.usage).toEqual({ total_tokens: 30, input_tokens: 20, output_tokens: 10, estimated_cost: 0.00004 });
    expect(done.metadata?.model_breakdown).toMatchObject([{ provider: "scripted", executions: 1, percentage: 100 }]);
    const { tasks } = await client.answer(listAnswer, "/api/v1/tasks?session_id=priced");
    expect(tasks[0]?.total_token_usage).toEqual({
      total_tokens: 30,
      cost_usd: 0.00004,
      prompt_tokens: 20,
      completion_tokens: 10,
    });
  });

  test("that its provider refuses has failed, with the error in its status and on its stream", async () => {
    const id = await client.submit({ query: "fail", mode: "simple", context: SCRIPTED });
    const frames = await client.stream(id);
    expect(frames.slice(-3).map(({ event }) => event)).toEqual(["error", "WORKFLOW_FAILED", "done"]);
    const failed = await client.status(id);
    expect(failed).toMatchObject({ status: "TASK_STATUS_FAILED", response: null });
    expect(failed.error).toContain("the scripted failure");
    expect(dataOf(frames.at(-3))["message"]).toBe(failed.error);
  });

  test("that spends its budget has failed, and the error names the budget", async () => {
    const context = { ...SCRIPTED, budget_max: "25" };
    const id = await client.submit({ query: "hold on", mode: "standard", context });
    await server.held();
    server.release();
    await client.stream(id);
    const failed = await client.status(id);
    expect(failed.status).toBe("TASK_STATUS_FAILED");
    expect(failed.error).toMatch(/budget/i);
  });

  test("takes attachments, and shows them without their bytes", async () => {
    const data = Buffer.from("The quarterly profit rose by 12 percent.").toString("base64");
    const attachments = [{ media_type: "text/plain", filename: "q1.txt", data }];
    const done = await client.ended({
      query: "Summarise the file",
      mode: "simple",
      context: { attachments, tag: "x" },
    });
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
    expect(await client.status(id)).toMatchObject({ task_id: id, session_id: "", response: null });
    await client.call(`/api/v1/tasks/${id}/cancel`, { method: "POST" });
    expect((await client.stream(id)).at(-1)?.event).toBe("done");
    expect((await client.answer(listAnswer, "/api/v1/tasks?limit=100")).tasks.map(({ task_id }) => task_id)).toContain(
      id,
    );
    expect((await client.answer(eventsAnswer, `/api/v1/tasks/${id}/events`)).count).toBeGreaterThan(0);
  });
});

describe("the list", () => {
  test("pages and filters, and counts all that match", async () => {
    for (const query of ["1 + 1", "2 + 2", "3 + 3"])
      await client.ended({ query, mode: "simple", session_id: "listed" });
    const all = await client.answer(listAnswer, "/api/v1/tasks?session_id=listed");
    expect(all.total_count).toBe(3);
    expect(all.tasks.map(({ query }) => query)).toEqual(["3 + 3", "2 + 2", "1 + 1"]);
    const page = await client.answer(listAnswer, "/api/v1/tasks?session_id=listed&limit=1&offset=1&status=completed");
    expect(page.tasks.map(({ query }) => query)).toEqual(["2 + 2"]);
    expect(page.total_count).toBe(3);
    expect(page.tasks[0]).toMatchObject({ status: "TASK_STATUS_COMPLETED", mode: "EXECUTION_MODE_SIMPLE" });
    const none = { tasks: [], total_count: 0 };
    expect(await client.answer(listAnswer, "/api/v1/tasks?session_id=listed&status=TASK_STATUS_PAUSED")).toEqual(none);
    expect(await client.answer(listAnswer, "/api/v1/tasks?session_id=unheard-of")).toEqual(none);
  });
});

describe("steering", () => {
  test("cancels a running task, and every view agrees on it", async () => {
    const id = await client.submit({ query: "stall", mode: "simple", context: SCRIPTED });
    const watching = client.stream(id);
    for await (const { event } of framesOf(await client.call(`/api/v1/stream/sse?workflow_id=${id}`))) {
      if (event === "thread.message.delta") break;
    }
    const cancelled = await client.call(`/api/v1/tasks/${id}/cancel`, { json: { reason: "changed my mind" } });
    expect([cancelled.status, await cancelled.json()]).toEqual([
      202,
      { success: true, message: "Task cancelled successfully" },
    ]);
    expect((await watching).slice(-3).map(({ event }) => event)).toEqual([
      "workflow.cancelling",
      "workflow.cancelled",
      "done",
    ]);
    expect((await client.status(id)).status).toBe("TASK_STATUS_CANCELLED");
    expect(await client.answer(controlState, `/api/v1/tasks/${id}/control-state`)).toMatchObject({
      is_cancelled: true,
      cancel_reason: "changed my mind",
      cancelled_by: "developer",
    });
    const { tasks } = await client.answer(listAnswer, "/api/v1/tasks?status=cancelled&limit=1");
    expect(tasks[0]?.task_id).toBe(id);
    const { events } = await client.answer(eventsAnswer, `/api/v1/tasks/${id}/events`);
    expect(events.map(({ type }) => type)).toContain("WORKFLOW_CANCELLED");
    const again = await client.call(`/api/v1/tasks/${id}/cancel`, { body: "not json at all" });
    expect([again.status, await again.json()]).toMatchObject([202, { success: true }]);
  });

  test("tells a cancel that came too late, and refuses to pause or resume what has ended", async () => {
    const { task_id: id } = await client.ended({ query: "7 + 7", mode: "simple" });
    const late = await client.call(`/api/v1/tasks/${id}/cancel`, { method: "POST" });
    const message = "Task is already in terminal state: COMPLETED";
    expect([late.status, await late.json()]).toEqual([
      202,
      { success: false, message, status: "COMPLETED", error: message },
    ]);
    expect(await client.refused(`/api/v1/tasks/${id}/pause`, { method: "POST" })).toEqual([
      409,
      { error: "cannot pause completed task" },
    ]);
    expect(await client.refused(`/api/v1/tasks/${id}/resume`, { method: "POST" })).toEqual([
      409,
      { error: "cannot resume completed task" },
    ]);
  });

  test("pauses a task at its next checkpoint and lets it go on", async () => {
    const id = await client.submit({ query: "hold and pause", context: SCRIPTED });
    await server.held();
    const watching = client.stream(id);
    expect(await client.refused(`/api/v1/tasks/${id}/resume`, { method: "POST" })).toEqual([
      409,
      { error: "task is not paused" },
    ]);
    const paused = await client.call(`/api/v1/tasks/${id}/pause`, { json: { reason: "lunch" } });
    expect([paused.status, await paused.json()]).toEqual([
      202,
      { success: true, message: "Pause signal sent", task_id: id, still_running: ["tool 1.1 hold"] },
    ]);
    expect((await client.status(id)).status).toBe("TASK_STATUS_PAUSED");
    expect(await client.refused(`/api/v1/tasks/${id}/pause`, { method: "POST" })).toEqual([
      409,
      { error: "task is already paused" },
    ]);
    expect(await client.answer(controlState, `/api/v1/tasks/${id}/control-state`)).toMatchObject({
      is_paused: true,
      pause_reason: "lunch",
      paused_by: "developer",
    });
    server.release();
    for await (const { event } of framesOf(await client.call(`/api/v1/stream/sse?workflow_id=${id}`))) {
      if (event === "workflow.paused") break;
    }
    const resumed = await client.call(`/api/v1/tasks/${id}/resume`, { method: "POST" });
    expect([resumed.status, await resumed.json()]).toEqual([
      202,
      { success: true, message: "Resume signal sent", task_id: id },
    ]);
    const events = (await watching).map(({ event }) => event);
    const order = ["workflow.pausing", "workflow.paused", "workflow.resumed", "thread.message.completed", "done"];
    expect(events.filter((event) => order.includes(event))).toEqual(order);
    expect((await client.status(id)).status).toBe("TASK_STATUS_COMPLETED");
  });

  test("tells the events of a task in pages, oldest first and without live text", async () => {
    const { task_id } = await client.ended({ query: "What is the capital of Kenya?" });
    const all = await client.answer(eventsAnswer, `/api/v1/tasks/${task_id}/events?limit=200`);
    expect(all.count).toBe(all.events.length);
    const types = all.events.map(({ type }) => type);
    expect(types).not.toContain("LLM_PARTIAL");
    expect(types.slice(-3)).toEqual(["AGENT_COMPLETED", "WORKFLOW_COMPLETED", "STREAM_END"]);
    const page = await client.answer(eventsAnswer, `/api/v1/tasks/${task_id}/events?limit=2&offset=1`);
    expect(page).toEqual({ events: all.events.slice(1, 3), count: 2 });
    expect((await client.answer(eventsAnswer, `/api/v1/tasks/${task_id}/events?offset=5000`)).events).toEqual([]);
  });
});

describe("an idempotency key", () => {
  async function send(key: string, json: unknown, path = "/api/v1/tasks") {
    const response = await client.call(path, { json, headers: { ...KEY, "idempotency-key": key } });
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
    const id = await client.submit({ query: "hold once", context: SCRIPTED });
    await server.held();
    const headers = { ...KEY, "idempotency-key": "pause-1" };
    const first = await client.call(`/api/v1/tasks/${id}/pause`, { method: "POST", headers });
    const second = await client.call(`/api/v1/tasks/${id}/pause`, { method: "POST", headers });
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.headers.get("x-idempotency-cached")).toBe("true");
    await client.call(`/api/v1/tasks/${id}/cancel`, { method: "POST" });
  });
});
