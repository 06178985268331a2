import type { Event, JsonObject } from "@waybill/sdk";
import { expect, it } from "vitest";
import { WatchedTask } from "./watched-task.ts";

function watched(...events: [type: string, data: JsonObject][]): WatchedTask {
  const task = new WatchedTask({ id: "task_1", title: "?", kind: "agent", created_at: "2026-01-01T00:00:00.000Z" });
  events.forEach(([type, data], index) => {
    const event: Event = { seq: index + 1, at: "2026-01-01T00:00:01.000Z", type, data };
    task.apply(event);
  });
  return task;
}

it("follows the state, the progress and the bill", () => {
  const task = watched(
    ["task.submitted", { kind: "agent", title: "?", lens: "native" }],
    ["task.started", { attempt: 1, cause: "first" }],
    ["task.progress", { fraction: 0.5, message: "halfway" }],
    ["task.progress", { fraction: 0.25, message: "" }],
    ["usage.recorded", { call: { input_tokens: 10, output_tokens: 5, cost_usd: 0.25 } }],
    ["usage.recorded", { call: { input_tokens: 1, output_tokens: 1, cost_usd: null } }],
  );
  expect(task).toMatchObject({ state: "running", progress: 0.5, status: "halfway" });
  expect(task).toMatchObject({ inputTokens: 11, outputTokens: 6, costUsd: 0.25, endedAt: null });
});

it("forgets the text of a step that begins again, and no other", () => {
  const task = watched(
    ["output.delta", { text: "First. ", agent: "" }],
    ["step.completed", { name: "model 1", duration_ms: 5, ms: 5 }],
    ["output.delta", { text: "Half a sec", agent: "" }],
    ["output.restarted", { step: "model 2" }],
    ["output.delta", { text: "Second.", agent: "" }],
  );
  expect(task.text).toBe("First. Second.");
});

it("pairs tool calls with what came of them", () => {
  const task = watched(
    ["tool.invoked", { agent: "", call_id: "a", tool: "calculator", params: { expression: "1+1" } }],
    ["tool.invoked", { agent: "", call_id: "b", tool: "lookup", params: {} }],
    ["tool.observed", { agent: "", call_id: "a", tool: "calculator", success: true, duration_ms: 3 }],
    ["tool.observed", { agent: "", call_id: "b", tool: "lookup", success: false, duration_ms: 4 }],
  );
  expect(task.tools).toEqual([
    { name: "calculator", params: '{"expression":"1+1"}', state: "done", ms: 3 },
    { name: "lookup", params: "{}", state: "failed", ms: 4 },
  ]);
});

it("asks its question until it is answered", () => {
  const asks: [string, JsonObject] = [
    "task.input_required",
    { prompt: { name: "q", text: "Which?", asks: "answer" }, until: null },
  ];
  expect(watched(asks).question).toEqual({ text: "Which?", asks: "answer" });
  expect(watched(asks, ["task.input_received", { message_id: "m", prompt: "q", by: "ada" }])).toMatchObject({
    question: null,
    state: "waiting",
  });
  const other: [string, JsonObject] = [
    "task.input_required",
    { prompt: { name: "r", text: "How many?", asks: "answer" }, until: null },
  ];
  const received: [string, JsonObject] = ["task.input_received", { message_id: "m", prompt: "q", by: "ada" }];
  const started: [string, JsonObject] = ["task.started", { attempt: 2, cause: "resumed" }];
  expect(watched(asks, other, received, started).question).toEqual({ text: "How many?", asks: "answer" });
  expect(watched(asks, ["task.completed", { output: null }]).question).toBeNull();
});

it("keeps what it ended with", () => {
  expect(watched(["task.completed", { output: { text: "Paris" } }])).toMatchObject({
    state: "completed",
    progress: 1,
    output: { text: "Paris" },
    endedAt: Date.parse("2026-01-01T00:00:01.000Z"),
  });
  expect(watched(["task.failed", { error: { code: "x", message: "No luck." } }]).error).toBe("No luck.");
});
