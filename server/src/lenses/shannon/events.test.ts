import { describe, expect, test } from "vitest";
import { EVENTS, eventDraft, type TaskEvent, TERMINAL_EVENTS } from "../../task/events/event.ts";
import { SAMPLE_EVENTS } from "../../task/events/samples.suite.ts";
import type { JsonObject } from "../../task/json/json.ts";
import { WIRE_EVENTS_MAX, wireEventsOf } from "./events.ts";
import { ANSWER, after, afterAll, answered, BORN, born, type Life, recorded, said } from "./fixtures/task-life.ts";
import { frameOf, isAfter, isListed, resumePointOf, wantedBy } from "./frames.ts";
import { wireEvent } from "./schema.ts";

function wire(life: Life) {
  return life.log.flatMap((event) => wireEventsOf(event, life.task));
}

function types(life: Life): string[] {
  return wire(life).map(({ type }) => type);
}

function event(type: string, data: JsonObject): TaskEvent {
  return { ...eventDraft(type, data), task: born().task.id, seq: 7, at: BORN };
}

const asking = afterAll(
  born(),
  { do: "start" },
  {
    do: "suspend",
    attempt: 1,
    checkpoint: "ask",
    waits: [
      {
        on: "input",
        key: "/ask#0",
        since: BORN,
        until: BORN + 1_800_000,
        prompt: { name: "ask", asks: "answer", text: "Which of the two summits?", schema: null },
      },
    ],
  },
);

describe("a task's log on the wire", () => {
  test("tells a simple run in the usual order, with one final answer", () => {
    const life = answered(born());
    expect(types(life)).toEqual([
      "DATA_PROCESSING",
      "WORKFLOW_STARTED",
      "PROGRESS",
      "AGENT_STARTED",
      "LLM_PARTIAL",
      "LLM_PARTIAL",
      "LLM_OUTPUT",
      "AGENT_COMPLETED",
      "WORKFLOW_COMPLETED",
      "STREAM_END",
    ]);
    const [answer] = wire(life).filter(({ type }) => type === "LLM_OUTPUT");
    expect(answer).toMatchObject({
      agent_id: "final_output",
      message: ANSWER.text,
      payload: { tokens_used: 300, input_tokens: 200, cost_usd: 0.006, model_used: "gpt-5-mini", duration_ms: 5_000 },
    });
    const [done] = wire(life).filter(({ type }) => type === "WORKFLOW_COMPLETED");
    expect(done).toMatchObject({ message: "All done", result: ANSWER.text, payload: { result: ANSWER.text } });
  });

  test("rises strictly, in sequence numbers and in stream ids", () => {
    const events = wire(answered(born()));
    for (const [index, one] of events.entries()) {
      expect(wireEvent.parse(one)).toEqual(one);
      const next = events[index + 1];
      if (next) expect(isAfter(next, resumePointOf(one.stream_id) ?? { at: null, seq: Infinity })).toBe(true);
      if (next) expect(next.seq).toBeGreaterThan(one.seq);
    }
  });

  test("ends a failure with its error, then the failure, then the end", () => {
    const error = { code: "x", message: "The provider is down." };
    const life = afterAll(born(), { do: "start" }, { do: "fail", attempt: 1, error, retryAt: null });
    expect(types(life).slice(-3)).toEqual(["ERROR_OCCURRED", "WORKFLOW_FAILED", "STREAM_END"]);
    expect(wire(life).find(({ type }) => type === "ERROR_OCCURRED")?.message).toBe("The provider is down.");
  });

  test("ends a timeout as a failure that names the limit", () => {
    const life = after(born({ deadlineAt: BORN + 120_000 }), { do: "expire" });
    expect(types(life).slice(-3)).toEqual(["ERROR_OCCURRED", "WORKFLOW_FAILED", "STREAM_END"]);
    expect(wire(life).at(-2)?.message).toContain("120 s");
  });

  test("ends a cancel with cancelling, cancelled and the end", () => {
    const life = afterAll(
      born(),
      { do: "pause", by: "ada", reason: "" },
      { do: "cancel", by: "ada", reason: "enough" },
    );
    expect(types(life).slice(-3)).toEqual(["WORKFLOW_CANCELLING", "WORKFLOW_CANCELLED", "STREAM_END"]);
    expect(wire(life).at(-2)).toMatchObject({
      message: "enough",
      payload: { was_paused: true, checkpoint: "pre_routing" },
    });
  });

  test("tells a pause as pausing, paused at a checkpoint, and resumed", () => {
    const life = afterAll(
      born(),
      { do: "pause", by: "ada", reason: "" },
      { do: "resume", by: "ada", reason: "after lunch" },
    );
    expect(types(life)).toEqual(["DATA_PROCESSING", "WORKFLOW_PAUSING", "WORKFLOW_PAUSED", "WORKFLOW_RESUMED"]);
    expect(wire(life)[2]?.payload).toEqual({ checkpoint: "pre_routing" });
    expect(wire(life)[3]?.message).toBe("after lunch");
  });

  test("puts a question to a person as WAITING, with where to answer", () => {
    const waiting = wire(asking).filter(({ type }) => type === "WAITING");
    expect(waiting.map(({ message }) => message)).toEqual([
      "Which of the two summits?",
      `Answer by POST /v1/tasks/${asking.task.id}/input of the native API`,
    ]);
    expect(waiting[0]?.payload).toMatchObject({ question: "Which of the two summits?", prompt: "ask" });
    for (const { message } of waiting) expect(message?.length).toBeLessThanOrEqual(100);
  });

  test("gives a long question cut short and whole", () => {
    const text = "Which one? ".repeat(20);
    const data = { prompt: { name: "ask", asks: "answer", text, schema: null }, until: null };
    const told = wireEventsOf(event("task.input_required", data), born().task);
    expect(told.map(({ message }) => message?.length)).toEqual([100, text.length, expect.any(Number)]);
    expect(told[1]?.message).toBe(text);
  });

  test("says that text of a step that began again is void", () => {
    const [told] = wireEventsOf(event("output.restarted", { step: "model 1" }), born().task);
    expect(told).toMatchObject({ type: "ERROR_RECOVERY", payload: { step: "model 1", text_void: true } });
  });

  test("tells tools, budgets and what a model said between them", () => {
    const life = afterAll(
      born(),
      { do: "start" },
      recorded(1, [
        { type: "agent.mode_changed", data: { asked: "complex", ran: "standard", reason: "No other yet." } },
        { type: "agent.thinking", data: { agent: "", text: "Thinking" } },
        { type: "agent.answered", data: said({ text: "Let me count.", inputTokens: 4, outputTokens: 0 }) },
        { type: "tool.invoked", data: { agent: "", callId: "c1", tool: "calculator", params: { expression: "1+1" } } },
        {
          type: "tool.observed",
          data: { agent: "", callId: "c1", tool: "calculator", success: true, durationMs: 3, output: "2" },
        },
        {
          type: "budget.threshold",
          data: {
            usagePercent: 81,
            thresholdPercent: 80,
            tokensUsed: 810,
            tokensBudget: 1000,
            costUsd: 0,
            costBudgetUsd: null,
            level: "warning",
            budgetType: "tokens",
          },
        },
      ]),
    );
    expect(wire(life).slice(2)).toMatchObject([
      { type: "WARNING", message: "Mode complex runs as standard: No other yet." },
      { type: "AGENT_THINKING", message: "Thinking" },
      { type: "LLM_OUTPUT", agent_id: "agent", message: "Let me count.", payload: { tokens_used: 4 } },
      { type: "TOOL_INVOKED", payload: { tool: "calculator", params: { expression: "1+1" } } },
      { type: "TOOL_OBSERVATION", message: "2", payload: { tool: "calculator", success: true, duration_ms: 3 } },
      { type: "BUDGET_THRESHOLD", payload: { usage_percent: 81, tokens_used: 810, budget_type: "tokens" } },
    ]);
  });

  test("has room for every event, and words for it that are no custom event's", () => {
    for (const sample of SAMPLE_EVENTS) {
      const told = wireEventsOf(sample, born().task);
      expect(told.length, sample.type).toBeLessThanOrEqual(WIRE_EVENTS_MAX);
      expect(
        told.map(({ payload }) => payload?.["type"]),
        sample.type,
      ).not.toContain(sample.type);
      expect(told.at(-1)?.type === "STREAM_END", sample.type).toBe(TERMINAL_EVENTS.has(sample.type));
    }
  });

  test("has room for every event whose data it cannot read, and still ends with the one that ends it", () => {
    for (const type of Object.keys(EVENTS)) {
      const told = wireEventsOf(event(type, { unheard: "of" }), born().task);
      expect(told.length, type).toBeLessThanOrEqual(WIRE_EVENTS_MAX);
      if (TERMINAL_EVENTS.has(type)) expect(told.at(-1)?.type, type).toBe("STREAM_END");
    }
  });

  test("tells a custom event by its type", () => {
    const [told] = wireEventsOf(event("harvest.counted", { apples: 3 }), born().task);
    expect(told).toMatchObject({ type: "STATUS_UPDATE", payload: { type: "harvest.counted", data: { apples: 3 } } });
  });

  test("keeps live text out of lists", () => {
    expect(
      wire(answered(born()))
        .filter(isListed)
        .map(({ type }) => type),
    ).not.toContain("LLM_PARTIAL");
  });
});

test("a reason is cut to what clients of the wire show", () => {
  const reason = "x".repeat(300);
  const told = [
    ...wireEventsOf(event("task.pausing", { by: "ada", reason }), born().task),
    ...wireEventsOf(event("task.resumed", { by: "ada", reason }), born().task),
    ...wireEventsOf(event("task.cancelled", { by: "ada", reason, wasPaused: false }), born().task),
  ].filter(({ type }) => type !== "STREAM_END");
  expect(told.map(({ type, message }) => [type, message?.length])).toEqual([
    ["WORKFLOW_PAUSING", 100],
    ["WORKFLOW_RESUMED", 100],
    ["WORKFLOW_CANCELLING", 100],
    ["WORKFLOW_CANCELLED", 100],
  ]);
});

describe("a frame", () => {
  const frames = wire(answered(born())).map(frameOf);

  test("carries text under the wire's names, and both keys that clients read it by", () => {
    const delta = frames.find((frame) => frame.includes("event: thread.message.delta"));
    const data: unknown = JSON.parse(delta?.split("\ndata: ")[1] ?? "");
    expect(data).toMatchObject({ delta: "Mont Blanc ", message: "Mont Blanc ", agent_id: "final_output" });
    expect(data).not.toHaveProperty("type");
  });

  test("of an answer has its usage as metadata", () => {
    const data: unknown = JSON.parse(frames.at(-4)?.split("\ndata: ")[1] ?? "");
    expect(data).toMatchObject({ response: ANSWER.text, agent_id: "final_output", metadata: { tokens_used: 300 } });
  });

  test("of the end is literally [DONE], with an id", () => {
    expect(frames.at(-1)).toMatch(/^id: \d+-\d+\nevent: done\ndata: \[DONE\]\n\n$/);
  });

  test("is always one line of data, even for readers that end lines elsewhere", () => {
    const text = "a\u2028b\u2029c\u0085d\ne";
    const [one] = wireEventsOf(event("output.delta", { text, agent: "" }), born().task);
    const frame = one ? frameOf(one) : "";
    expect(frame.split("\n")).toHaveLength(5);
    expect(frame).not.toMatch(/[\u2028\u2029\u0085]/);
    expect(JSON.parse(frame.split("\ndata: ")[1] ?? "")).toMatchObject({ delta: text });
  });
});

describe("a resume point", () => {
  test("is a stream id or a number, and nothing else", () => {
    expect(resumePointOf("1700000000000-33")).toEqual({ at: 1_700_000_000_000, seq: 33 });
    expect(resumePointOf("33")).toEqual({ at: null, seq: 33 });
    for (const odd of ["", "-", "a-b", "1-", "-1", "1-2-3", "1.5", "0x10"]) expect(resumePointOf(odd), odd).toBeNull();
  });

  test("at every frame of a log, by either form, leaves exactly the rest", () => {
    const events = wire(answered(born()));
    for (const [index, { stream_id, seq }] of events.entries()) {
      for (const id of [stream_id, String(seq)]) {
        const point = resumePointOf(id);
        expect(point && events.filter((one) => isAfter(one, point))).toEqual(events.slice(index + 1));
      }
    }
  });
});

test("the filter takes the names of either vocabulary, and never leaves out the end", () => {
  const events = wire(answered(born()));
  const left = (filter: string) => events.filter(wantedBy(filter)).map(({ type }) => type);
  expect(left("thread.message.delta")).toEqual(["LLM_PARTIAL", "LLM_PARTIAL", "STREAM_END"]);
  expect(left("LLM_PARTIAL")).toEqual(left("thread.message.delta"));
  expect(left("WORKFLOW_STARTED, done")).toEqual(["WORKFLOW_STARTED", "STREAM_END"]);
  expect(left("nothing")).toEqual(["STREAM_END"]);
  expect(left("")).toHaveLength(events.length);
});
