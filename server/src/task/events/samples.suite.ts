/** An event of every type, for tests of those who read events: a new type does not compile without one. */
import { type EventData, eventDraft, type TaskEvent } from "./event.ts";

const AT = Date.UTC(2026, 0, 2, 3, 4, 5, 6);
const error = { code: "provider", message: "The provider is down.", step: "model 1" };
const prompt = { name: "ask", asks: "approval", text: "May I?", schema: { type: "boolean" } } as const;

const DATA: EventData = {
  "task.submitted": { kind: "agent", title: "How tall is Mont Blanc?", lens: "native" },
  "task.started": { attempt: 2, cause: "resumed", worker: "worker-1" },
  "task.waiting": {
    waits: [
      { on: "timer", key: "/nap#0", since: AT, until: AT + 1_000 },
      { on: "child", key: "/help#0", since: AT, until: null, child: "task_2" },
      { on: "input", key: "/ask#0", since: AT, until: null, prompt },
    ],
  },
  "task.input_required": { prompt, until: AT + 60_000 },
  "task.input_received": { messageId: "m-1", prompt: null, by: "ada" },
  "task.pausing": { by: "ada", reason: "lunch", running: ["draft"] },
  "task.paused": { checkpoint: "model 1" },
  "task.resumed": { by: "ada", reason: "back from lunch" },
  "task.logged": { level: "warn", message: "The page is empty.", facts: { page: 3 }, step: "read" },
  "task.retrying": { error, until: AT + 1_000, failures: 1 },
  "task.progress": { fraction: 0.5, message: "halfway" },
  "task.details": { patch: { pages: 3 } },
  "task.completed": { output: { text: "4,806 m" } },
  "task.failed": { error },
  "task.cancelled": { by: "ada", reason: "enough", wasPaused: true },
  "task.timed_out": { error },
  "task.rejected": { error },
  "step.completed": { name: "model 1", ms: 12 },
  "step.retrying": { name: "model 1", error, until: AT + 1_000, tries: 1 },
  "step.failed": { name: "model 1", error },
  "output.delta": { text: "Mont Blanc ", agent: "", step: "model 1" },
  "output.restarted": { step: "model 1" },
  "artifact.updated": {
    artifact: { id: "report", parts: [{ text: "x", mediaType: "text/plain" }], append: false, last: true },
    append: false,
    last: true,
  },
  "usage.recorded": {
    call: {
      key: "model 1",
      provider: "openai",
      model: "gpt-5-mini",
      agent: "",
      inputTokens: 200,
      outputTokens: 100,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      costUsd: null,
      raw: { input_tokens: 200 },
    },
  },
  "agent.started": { agent: "", mode: "simple", model: "gpt-5-mini" },
  "agent.mode_changed": { asked: "complex", ran: "standard", reason: "This server runs complex tasks as standard." },
  "agent.thinking": { agent: "", text: "Looking it up" },
  "agent.answered": {
    agent: "",
    text: "4,806 m",
    final: false,
    model: "gpt-5-mini",
    provider: "openai",
    inputTokens: 200,
    outputTokens: 100,
    costUsd: null,
    durationMs: 900,
  },
  "agent.guarded": {
    agent: "",
    findings: [
      {
        kind: "pii",
        detector: "offline",
        entity: "EmailAddress",
        score: 0.95,
        in: "output",
        of: "answer",
        start: 8,
        end: 23,
        action: "masked",
      },
    ],
  },
  "agent.completed": { agent: "" },
  "tool.invoked": { agent: "", callId: "1.1", tool: "lookup", params: { what: "Mont Blanc" } },
  "tool.observed": { agent: "", callId: "1.1", tool: "lookup", success: true, durationMs: 3, output: "4,806 m" },
  "budget.threshold": {
    usagePercent: 81,
    thresholdPercent: 80,
    tokensUsed: 810,
    tokensBudget: 1_000,
    costUsd: 0.01,
    costBudgetUsd: null,
    level: "warning",
    budgetType: "tokens",
  },
  "human.acted": {
    act: "delegate",
    by: "ada",
    state: "assigned",
    outcome: null,
    to: [{ type: "user", id: "grace" }],
    stage: 0,
    comment: "You know this better.",
    scope: "task",
  },
  "human.overdue": { dueAt: AT, to: [{ type: "group", id: "board" }] },
  "human.commented": { by: "ada", text: "Looks right.", scope: "task" },
  "human.attached": { by: "ada", name: "receipt.pdf", mediaType: "application/pdf", bytes: 4_096, scope: "task" },
  "human.detached": { by: "ada", name: "receipt.pdf" },
};

/** None is custom: each fits its schema. */
export const SAMPLE_EVENTS: readonly TaskEvent[] = Object.entries(DATA).map(([type, data], index) => ({
  task: "task_1",
  seq: index + 1,
  at: AT,
  ...eventDraft(type, data),
}));
