import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { shannonLens } from "../../src/lenses/shannon/routes.ts";
import { sessionAnswer, statusAnswer, submitAnswer } from "../../src/lenses/shannon/schema.ts";
import { type ShannonServer, startShannonServer } from "../shannon-server.ts";
import { allFrames } from "../sse.ts";
import { type Body, KEY, type ShannonClient, shannonClient } from "./client.ts";

let server: ShannonServer;
let client: ShannonClient;
beforeAll(async () => {
  server = await startShannonServer();
  client = shannonClient(server);
});
afterAll(() => server.stop());

describe("a key", () => {
  test.each([
    { "x-api-key": "sk_test_123456" },
    { authorization: "Bearer sk_test_123456" },
    { "x-api-key": "sk-shannon-test_123456" },
    { authorization: "bearer sk-shannon-test_123456" },
    { "x-api-key": "sk_wrong", authorization: "Bearer sk_test_123456" },
  ])("lets in, sent as %j", async (headers) => {
    expect((await client.call("/api/v1/tasks", { headers: { ...headers } })).status).toBe(200);
  });

  test("is not needed in dev, and in serve its lack is told before anything else, with the detail in a header", async () => {
    expect((await client.call("/api/v1/tasks", { headers: {} })).status).toBe(200);
    const production = await startShannonServer({ mode: "serve", keys: [{ user: "ada" }] });
    onTestFinished(() => production.stop());
    const outside = shannonClient(production);
    for (const headers of [{}, { "x-api-key": "sk_wrong" }, { "x-api-key": "sk_test_123456" }]) {
      for (const path of ["/api/v1/tasks", "/api/v1/tasks/bad%20id", "/api/v1/stream/sse", "/api/v1/sessions/none"]) {
        const response = await outside.call(path, { headers });
        expect([response.status, await response.text()]).toEqual([401, '{"error":"Unauthorized"}']);
        expect(response.headers.get("www-authenticate")).toMatch(
          /^Bearer realm="Shannon API", error_description="[^"]+"$/,
        );
      }
      const posted = await outside.call("/api/v1/tasks", { headers, body: "{not json" });
      expect(posted.status).toBe(401);
    }
  });

  test("is taken from the query on streams alone", async () => {
    const production = await startShannonServer({ mode: "serve", keys: [{ user: "ada" }] });
    onTestFinished(() => production.stop());
    const [key = ""] = production.secrets;
    const outside = shannonClient(production);
    const sent = { json: { query: "1 + 1", mode: "simple" }, headers: { "x-api-key": key } };
    const { task_id } = await outside.answer(submitAnswer, "/api/v1/tasks", sent);
    for (const name of ["api_key", "token"]) {
      const path = `/api/v1/stream/sse?workflow_id=${task_id}&${name}=${key}`;
      expect((await allFrames(await outside.call(path, { headers: {} }))).at(-1)?.event).toBe("done");
    }
    expect((await outside.call(`/api/v1/tasks?api_key=${key}`, { headers: {} })).status).toBe(401);
  });

  test("is not needed for health and for the document", async () => {
    for (const path of ["/health", "/readiness", "/openapi.json"]) {
      expect((await client.call(path, { headers: {} })).status).toBe(200);
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
    ["/api/v1/schedules", 501, "Not implemented: Waybill does not serve schedules yet"],
    [
      "/api/v1/stream/ws?workflow_id=x",
      501,
      "Not implemented: Waybill does not serve events over a WebSocket yet. GET /api/v1/stream/sse streams them.",
    ],
    [
      "/metrics",
      501,
      "Not implemented: Waybill does not serve metrics on this port yet. GET /metrics of the main port has them.",
    ],
    ["/api/v1/tasks/nobody/cancel", 405, "Method not allowed"],
  ])("of GET %s is %i %s", async (path, code, error) => {
    expect(await client.refused(path)).toEqual([code, { error }]);
  });

  test("of OpenAI's clients has the shape that they read", async () => {
    const message = "Not implemented: Waybill does not serve the list of models yet";
    const error = { message, type: "invalid_request_error", code: "not_implemented" };
    expect(await client.refused("/v1/models/shannon-chat")).toEqual([501, { error }]);
  });

  test.each(["cancel", "pause", "resume"])("to %s a task that is not there is 404, whatever its id", async (act) => {
    for (const id of ["nobody", "bad%20id"]) {
      expect(await client.refused(`/api/v1/tasks/${id}/${act}`, { method: "POST" })).toEqual([
        404,
        { error: "Task not found" },
      ]);
    }
  });

  test("of a bad body says what is wrong with it", async () => {
    const told = async (body: Body) => {
      const [code, { error }] = z
        .tuple([z.number(), z.object({ error: z.string() })])
        .parse(await client.refused("/api/v1/tasks", { body }));
      return `${code} ${error}`;
    };
    expect(await told("{")).toMatch(/^400 Invalid request body: ./);
    expect(await told("[]")).toMatch(/^400 Invalid request body: ./);
    expect(await told(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]))).toMatch(/^400 Invalid request body: .*UTF-8/);
    expect(await told(`{"query":"q","context":${"[".repeat(10_000)}${"]".repeat(10_000)}}`)).toMatch(/^400 /);
    expect(await told(`{"query":"q","context":{"a":${'{"a":'.repeat(100)}1${"}".repeat(100)}}}`)).toMatch(/^400 /);
    expect(await told('{"query":""}')).toBe("400 Query is required");
    expect(await told('{"query":"q","provider_override":"groq"}')).toMatch(
      /^400 Invalid provider_override: groq is not configured on this server \(configured: .*local/,
    );
    expect(await told(`{"query":"${"x".repeat(41 * 1024 * 1024)}"}`)).toMatch(/^413 /);
  });
});

describe("headers", () => {
  test("carry the client's own trace, by any of its names", async () => {
    const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    const of = async (headers: Record<string, string>) => {
      const response = await client.call("/health", { headers });
      expect(response.headers.get("x-span-id")).toMatch(/^[0-9a-f]{16}$/);
      return response.headers.get("x-trace-id");
    };
    expect(await of({ traceparent: `00-${trace}-00f067aa0ba902b7-01` })).toBe(trace);
    expect(await of({ "x-trace-id": trace })).toBe(trace);
    expect(await of({ "x-request-id": "4bf92f35-77b3-4da6-a3ce-929d0e0e4736" })).toBe(trace);
    expect(await of({ traceparent: "nonsense" })).toMatch(/^[0-9a-f]{32}$/);
  });

  test("let a web page of another origin call, and read what it needs, in dev one of this machine", async () => {
    const production = await startShannonServer({ mode: "serve", keys: [{ user: "ada" }] });
    onTestFinished(() => production.stop());
    const outside = await shannonClient(production).call("/api/v1/tasks", {
      headers: { "x-api-key": production.secrets[0] ?? "", origin: "https://app.example" },
    });
    expect([outside.status, outside.headers.get("access-control-allow-origin")]).toEqual([200, "*"]);
    const preflight = await client.call("/api/v1/tasks", {
      method: "OPTIONS",
      headers: { origin: "http://localhost:5173", "access-control-request-method": "POST" },
    });
    expect(preflight.status).toBe(200);
    expect(preflight.headers.get("access-control-allow-origin")).toBe("*");
    expect(preflight.headers.get("access-control-allow-methods")).toBe("GET, POST, PUT, PATCH, DELETE, OPTIONS");
    expect(preflight.headers.get("access-control-allow-headers")).toContain("Last-Event-ID");
    expect(preflight.headers.get("access-control-max-age")).toBe("3600");
    const listed = await client.call("/api/v1/tasks", { headers: { ...KEY, origin: "http://localhost:5173" } });
    expect(listed.status).toBe(200);
    expect(listed.headers.get("access-control-expose-headers")).toContain("X-Workflow-ID");
    const { task_id } = await client.ended({ query: "12 + 1", mode: "simple" });
    expect((await client.call(`/api/v1/tasks/${task_id}`)).headers.get("x-workflow-id")).toBe(task_id);
  });
});

test("the document names every route that is served, and no other", async () => {
  const document = await client.answer(
    z.object({ openapi: z.string(), paths: z.record(z.string(), z.unknown()), components: z.unknown() }),
    "/openapi.json",
  );
  expect(document.openapi).toMatch(/^3\.0\./);
  expect(JSON.stringify(document.components)).not.toContain('"$schema"');
  for (const { method, path } of shannonLens.routes) {
    expect(Object.keys(document.paths)).toContain(path);
    const response = await client.call(path.replace("{id}", "nobody"), { method });
    await response.body?.cancel();
    if (response.status === 404) continue;
    expect(response.status, `${method} ${path}`).toBeLessThan(500);
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
