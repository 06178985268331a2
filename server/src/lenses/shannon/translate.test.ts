import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { STATES } from "../../task/states.ts";
import type { Task } from "../../task/task.ts";
import { after, afterAll, answered, born, call } from "./fixtures/task-life.ts";
import { controlState, listedTask, statusAnswer } from "./schema.ts";
import { controlStateOf, listedTaskOf, modelShares, resultOf, statusOf } from "./translate.ts";
import { statesOf, taskStatus } from "./vocabulary.ts";

function fixture(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), "utf8"));
}

const failed = afterAll(
  born(),
  { do: "start" },
  {
    do: "fail",
    attempt: 1,
    error: { code: "model_timeout", message: "The provider did not answer in time." },
    retryAt: null,
  },
).task;

describe("the status of a task", () => {
  test.each([
    ["queued", born().task],
    ["running", after(born(), { do: "start" }).task],
    ["failed", failed],
  ])("is told while %s as clients know it", (name, task) => {
    expect(statusOf(task)).toEqual(fixture(`status-${name}`));
  });

  test("holds the result, the model and the usage once it is completed", () => {
    const status = statusOf(answered(born()).task, [call()]);
    expect(status).toEqual(fixture("status-completed"));
    expect(statusAnswer.parse(status)).toEqual(status);
  });

  test("gives a result that is a JSON object as the response, and wraps any other", () => {
    const completed = (text: string) => {
      const life = after(born({ kind: "external" }), { do: "start" });
      return statusOf(after(life, { do: "complete", attempt: 1, output: text }).task);
    };
    expect(completed('{"rows":[1]}').response).toEqual({ rows: [1] });
    expect(completed("[1,2]").response).toEqual({ result: "[1,2]" });
    expect(completed("{not json").response).toEqual({ result: "{not json" });
    expect(completed("")).toMatchObject({ result: "", response: { result: "" } });
  });

  test("tells the output of another kind as JSON text, with its title as the query", () => {
    const life = after(born({ kind: "vectorization", input: { file: "a" }, title: "Index a.pdf", lens: "documents" }), {
      do: "start",
    });
    const status = statusOf(after(life, { do: "complete", attempt: 1, output: { chunks: 3 } }).task);
    expect(status).toMatchObject({ query: "Index a.pdf", result: '{"chunks":3}', response: { chunks: 3 } });
    expect(status.session_id).toBe("0199aaaa-bbbb-7ccc-8ddd-eeeeffff0000");
    expect(status.mode).toBe("EXECUTION_MODE_STANDARD");
  });

  test("keeps the mode that was asked for and says what ran instead", () => {
    const life = after(born({ input: { query: "q", mode: "complex" } }), { do: "start" });
    const output = { text: "a", model: "m", provider: "p", ranAs: "standard", turns: 1, toolCalls: 2 };
    const status = statusOf(after(life, { do: "complete", attempt: 1, output }).task);
    expect(status.mode).toBe("EXECUTION_MODE_COMPLEX");
    expect(status.metadata).toMatchObject({ requested_mode: "complex", executed_mode: "standard", tool_calls: 2 });
  });

  test("tells the mode that was chosen when none was asked for", () => {
    const life = after(born({ input: { query: "q" } }), { do: "start" });
    expect(statusOf(life.task).mode).toBe("EXECUTION_MODE_STANDARD");
    const output = { text: "a", model: "m", provider: "p", ranAs: "simple", turns: 1, toolCalls: 0 };
    expect(statusOf(after(life, { do: "complete", attempt: 1, output }).task).mode).toBe("EXECUTION_MODE_SIMPLE");
  });

  test("has no result and a null response when it was cancelled, and an error text when it was too slow", () => {
    const cancelled = statusOf(after(born(), { do: "cancel", by: "ada", reason: "" }).task);
    expect(cancelled).toMatchObject({ status: "TASK_STATUS_CANCELLED", response: null, error: "" });
    expect("result" in cancelled).toBe(false);
    const late = statusOf(after(born({ deadlineAt: born().now + 500 }), { do: "expire" }).task);
    expect(late.status).toBe("TASK_STATUS_TIMEOUT");
    expect(late.error).toMatch(/time limit/);
  });

  test("keeps its time of update when only its progress moved", () => {
    const life = after(born(), { do: "start" });
    const record = { events: [], progress: { fraction: 0.5, message: "half" } };
    const status = statusOf(after(life, { do: "record", attempt: 1, record }).task);
    expect(status).toMatchObject({ updated_at: "2026-03-04T05:06:08.000Z", progress: 0.5 });
  });
});

describe("the share of each model", () => {
  test("is of the cost, costliest first", () => {
    const shares = modelShares([
      call({ model: "small", costUsd: 0.25, inputTokens: 900, outputTokens: 100 }),
      call({ model: "large", costUsd: 0.75, cacheReadTokens: 50 }),
    ]);
    expect(shares).toMatchObject([
      { model: "large", percentage: 75, executions: 1, cache_read_tokens: 50 },
      { model: "small", percentage: 25, tokens: 1000 },
    ]);
    expect("cache_creation_tokens" in (shares[0] ?? {})).toBe(false);
  });

  test("is of the tokens where every model is free", () => {
    const free = [call({ costUsd: 0, inputTokens: 1, outputTokens: 0 }), call({ costUsd: null, model: "b" })];
    expect(modelShares(free)).toMatchObject([
      { model: "b", percentage: 100 },
      { model: "gpt-5-mini", percentage: 0 },
    ]);
  });
});

test("a listed task has its true token counts, and the time of its end", () => {
  const item = listedTaskOf(answered(born()).task);
  expect(listedTask.parse(item)).toEqual(item);
  expect(item).toMatchObject({
    completed_at: "2026-03-04T05:06:13.000Z",
    total_token_usage: { total_tokens: 300, cost_usd: 0.006, prompt_tokens: 200, completion_tokens: 100 },
  });
  expect(listedTaskOf(born().task)).not.toHaveProperty("total_token_usage");
});

test("the control state always has its seven keys", () => {
  const running = after(born(), { do: "start" });
  const paused = controlStateOf(after(running, { do: "pause", by: "ada", reason: "lunch" }).task);
  expect(paused).toEqual({
    is_paused: true,
    is_cancelled: false,
    paused_at: "2026-03-04T05:06:09.000Z",
    pause_reason: "lunch",
    paused_by: "ada",
    cancel_reason: "",
    cancelled_by: "",
  });
  const cancelled = controlStateOf(after(running, { do: "cancel", by: "bob", reason: "no need" }).task);
  expect(cancelled).toMatchObject({ is_cancelled: true, cancelled_by: "bob", cancel_reason: "no need", paused_at: "" });
  expect(Object.keys(controlState.parse(controlStateOf(running.task)))).toHaveLength(7);
});

test("every state has a status, and every status finds its states again", () => {
  for (const state of STATES) expect(statesOf(taskStatus(state))).toContain(state);
  expect(statesOf("canceled")).toEqual(["cancelled"]);
  expect(statesOf("running")).toEqual(["running", "input_required", "waiting"]);
  expect(statesOf("Pending")).toEqual(["queued"]);
  expect(statesOf("SLEEPING")).toBeNull();
});

test("an input that is not an agent's is still shown", () => {
  const odd: Task = born({ input: [1, 2], title: "" }).task;
  expect(statusOf(odd).query).toBe("[1,2]");
  expect(resultOf(odd)).toBeNull();
});
