import { describe, expect, test } from "vitest";
import type { Conversation } from "../../task/conversation.ts";
import { wireEventsOf } from "./events.ts";
import { after, answered, BORN, born } from "./fixtures/task-life.ts";
import { historyTask, listedSession, sessionAnswer, turn } from "./schema.ts";
import { historyTaskOf, listedSessionOf, sessionOf, titleFrom, turnOf } from "./sessions.ts";

const conversation: Conversation = {
  id: "0199aaaa-bbbb-7ccc-8ddd-eeeeffff0000",
  tenant: "default",
  user: "ada",
  title: "Alps",
  agent: null,
  knowledgeBase: null,
  context: { first_task_mode: "simple", is_research_session: true, research_strategy: "deep" },
  createdAt: BORN,
  updatedAt: BORN + 1,
  lastActivityAt: BORN + 2,
  lastAgentMessageAt: null,
  tasks: 4,
  completed: 3,
  failed: 1,
  inputTokens: 600,
  outputTokens: 400,
  costUsd: 0.04,
};

describe("a session", () => {
  test("that the client named in its own way is told under the conversation's id, with that name beside it", () => {
    const told = sessionOf({ conversation, alias: "alps-tour" });
    expect(sessionAnswer.parse(told)).toEqual(told);
    expect(told).toMatchObject({
      session_id: conversation.id,
      context: { external_id: "alps-tour", title: "Alps" },
      title: "Alps",
      tokens_used: 1000,
      total_tokens_used: 1000,
      cost_usd: 0.04,
      is_research_session: true,
      research_strategy: "deep",
    });
    expect(told.context).not.toHaveProperty("first_task_mode");
  });

  test("that the client named by a UUID keeps it", () => {
    const alias = "6f1c1f0e-58cc-4372-a567-0e02b2c3d479";
    const told = sessionOf({ conversation, alias });
    expect(told.session_id).toBe(alias);
    expect(told.context).not.toHaveProperty("external_id");
  });

  test("in a list says how its tasks went and what the newest one is", () => {
    const told = listedSessionOf({ conversation, alias: null }, answered(born()).task, BORN + 3);
    expect(listedSession.parse(told)).toEqual(told);
    expect(told).toMatchObject({
      is_active: true,
      success_rate: 0.75,
      average_cost_per_task: 0.01,
      latest_task_query: "How tall is Mont Blanc?",
      latest_task_status: "COMPLETED",
      first_task_mode: "simple",
      is_near_budget_limit: false,
    });
    expect(listedSessionOf({ conversation, alias: null }, null, BORN + 90_000_000).is_active).toBe(false);
  });
});

test("a task in the history has its id twice, its tokens and how long it took", () => {
  const told = historyTaskOf(answered(born()).task);
  expect(historyTask.parse(told)).toEqual(told);
  expect(told).toMatchObject({ task_id: told.workflow_id, status: "COMPLETED", total_tokens: 300, duration_ms: 5_000 });
  expect(historyTaskOf(after(born(), { do: "cancel", by: "ada", reason: "" }).task)).toMatchObject({
    status: "CANCELLED",
    agents_used: 0,
  });
});

test("a turn has payloads as JSON text, or none when they are not wanted", () => {
  const life = answered(born());
  const events = life.log.flatMap((event) => wireEventsOf(event, life.task));
  const told = turnOf(life.task, { number: 1, events, withPayload: true, now: 0 });
  expect(turn.parse(told)).toEqual(told);
  expect(JSON.parse(told.events.find(({ type }) => type === "LLM_OUTPUT")?.payload ?? "")).toMatchObject({
    tokens_used: 300,
  });
  expect(told).toMatchObject({ turn: 1, final_output: "Mont Blanc is 4,806 m tall.", metadata: { tokens_used: 300 } });
  expect(
    turnOf(life.task, { number: 1, events, withPayload: false, now: 0 }).events.every((event) => !("payload" in event)),
  ).toBe(true);
  expect(turnOf(born().task, { number: 1, events: [], withPayload: true, now: 0 }).events).toEqual([]);
  const running = after(born(), { do: "start" }).task;
  const { metadata } = turnOf(running, { number: 1, events: [], withPayload: true, now: BORN + 60_000 });
  expect(metadata.execution_time_ms).toBeGreaterThan(50_000);
});

test("a title is trimmed, and refused in the wire's words", () => {
  expect(titleFrom("  Mountains\t ")).toEqual({ title: "Mountains" });
  expect(titleFrom("⛰".repeat(60))).toEqual({ title: "⛰".repeat(60) });
  expect(titleFrom("")).toEqual({ refused: "Title cannot be empty" });
  expect(titleFrom(undefined)).toEqual({ refused: "Title cannot be empty" });
  expect(titleFrom("\u0001\u0002")).toEqual({ refused: "Title cannot contain only control characters" });
  expect(titleFrom("a\u200bb\u202ec\ufeff d\u2066")).toEqual({ title: "abc d" });
  expect(titleFrom("👩‍🔬 and 👩🏽‍🔬")).toEqual({ title: "👩‍🔬 and 👩🏽‍🔬" });
  expect(titleFrom("\u200d\u200b")).toEqual({ refused: "Title cannot contain only control characters" });
  expect(titleFrom("x".repeat(61))).toEqual({ refused: "Title must be 60 characters or less" });
});
