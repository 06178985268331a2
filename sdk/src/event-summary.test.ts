import { expect, it } from "vitest";
import { eventSummary } from "./event-summary.ts";
import type { JsonObject } from "./generated/api.ts";

function summary(type: string, data: JsonObject): string {
  return eventSummary({ seq: 1, at: "2026-01-01T00:00:00.000Z", type, data });
}

const wait = { since: "2026-01-01T00:00:00.000Z", until: null, child: null, prompt: null };

it("says of an event what matters most", () => {
  expect(summary("task.submitted", { kind: "agent", title: "Capital of\nFrance?", lens: "native" })).toBe(
    "agent: Capital of France?",
  );
  expect(summary("task.progress", { fraction: 0.333, message: "reading" })).toBe("33 % reading");
  expect(summary("task.failed", { error: { code: "deadline", message: "Too late.", step: null } })).toBe("Too late.");
  expect(summary("task.waiting", { waits: ["timer", "child"].map((on) => ({ on, ...wait })) })).toBe("on timer, child");
  expect(summary("step.completed", { name: "model 1", duration_ms: 1290, ms: 1290 })).toBe("model 1 1.2 s");
  const call = { agent: "", call_id: "1.1", tool: "calculator" };
  expect(summary("tool.invoked", { ...call, params: { expression: "1+1" } })).toBe('calculator {"expression":"1+1"}');
  expect(summary("tool.observed", { ...call, success: true, duration_ms: 3, output: "2" })).toBe("calculator → 2");
  const spent = {
    usage_percent: 101,
    threshold_percent: 100,
    tokens_used: 2020,
    tokens_budget: 2000,
    level: "exhausted",
  };
  const money = { cost_usd: 0, cost_budget_usd: null };
  expect(summary("budget.threshold", { ...spent, ...money, budget_type: "tokens" })).toBe(
    "spent: 2,020 tokens of 2,000",
  );
});

it("says what it can of an event that it does not know, or that lacks what its type has", () => {
  expect(summary("page.read", { page: 3, of: "report.pdf", more: null })).toBe("3 report.pdf");
  expect(summary("task.waiting", {})).toBe("");
  expect(summary("task.waiting", { waits: "the moon" })).toBe("the moon");
  expect(summary("usage.recorded", { call: "?" })).toBe("?");
  expect(summary("toString", { n: 1 })).toBe("1");
});
