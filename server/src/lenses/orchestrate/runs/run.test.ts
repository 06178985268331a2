import { readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { z } from "zod";
import type { AgentOutput } from "../../../task/agent/agent.ts";
import { type Command, decide } from "../../../task/decide.ts";
import { Refusal } from "../../../task/errors.ts";
import { taskIdFromUuid } from "../../../task/id.ts";
import { queuedTask } from "../../../task/queued-task.ts";
import type { State } from "../../../task/states.ts";
import type { Task, Wait } from "../../../task/task.ts";
import { backgroundIdOf, runIdOf } from "../names.ts";
import { backgroundTaskOf, unknownTask } from "../tasks/background-task.ts";
import { backgroundTask } from "../tasks/schema.ts";
import { wireTime } from "../wire-time.ts";
import { runOf } from "./run.ts";
import { assistantRun } from "./schema.ts";

const RUN = "3c90c3cc-0d44-4b50-8888-8dd25736052a";
const THREAD = "fd438015-df29-4b3b-9fa3-d84c61871336";
const AGENT = "0c191f04-78cd-45e3-a99a-988cfb29434d";
const BORN = Date.parse("2026-02-06T16:57:05.301Z");
const STARTED = Date.parse("2026-02-06T16:57:05.369Z");
const ENDED = Date.parse("2026-02-06T16:57:07.222Z");

const fresh = queuedTask({
  id: taskIdFromUuid(RUN),
  tenant: "8f2b0d55-6e0f-4a2f-9d3c-5a3f6f1f9c11",
  user: "ada",
  kind: "agent",
  title: "Hello",
  input: { query: "Hello", context: { agent_id: AGENT } },
  createdAt: BORN,
  conversation: THREAD,
});
const begun = { ...fresh, attempt: 1, startedAt: STARTED };
const ended = { ...begun, endedAt: ENDED };
const output: AgentOutput = { text: "Hello!", model: "m", provider: "p", ranAs: "simple", turns: 1, toolCalls: 0 };
const asked: Wait = {
  on: "input",
  key: "k",
  since: STARTED,
  until: null,
  prompt: { name: "ask", asks: "answer", text: "Which?", schema: null },
};
const error = { code: "handler_error", message: "It went wrong." };

/** A task in each state. */
const IN: Readonly<Record<State, Task>> = {
  queued: fresh,
  running: { ...begun, state: "running" },
  paused: { ...begun, state: "paused", resumesAs: "running" },
  input_required: { ...begun, state: "input_required", waits: [asked] },
  waiting: { ...begun, state: "waiting", waits: [{ on: "slot", key: "", since: STARTED, until: null }] },
  completed: { ...ended, state: "completed", output },
  failed: { ...ended, state: "failed", error },
  cancelled: { ...ended, state: "cancelled" },
  timed_out: { ...ended, state: "timed_out", error: { code: "deadline", message: "The deadline passed." } },
  rejected: { ...ended, state: "rejected", error },
};

type Stamps = [started: boolean, end: "completed_at" | "failed_at" | "cancelled_at" | null];
const TOLD: Readonly<Record<State, [run: string, task: string, ...Stamps]>> = {
  queued: ["pending", "unknown", false, null],
  running: ["running", "started", true, null],
  paused: ["running", "started", true, null],
  input_required: ["requires_input", "started", true, null],
  waiting: ["running", "started", true, null],
  completed: ["completed", "completed", true, "completed_at"],
  failed: ["failed", "failed", true, "failed_at"],
  cancelled: ["cancelled", "failed", true, "cancelled_at"],
  timed_out: ["expired", "failed", true, null],
  rejected: ["failed", "failed", true, "failed_at"],
};

function change(task: Task, command: Command, now: number): Task {
  const decided = decide(task, command, now);
  if (decided instanceof Refusal) throw decided;
  return decided.task;
}

const states = z.enum(Object.keys(IN) as [State, ...State[]]).options;

describe("a run", () => {
  test("is told as the contract's example tells it", () => {
    const fixture: unknown = JSON.parse(readFileSync(new URL("fixtures/run-completed.json", import.meta.url), "utf8"));
    const usage = { ...fresh.usage, calls: 1, inputTokens: 12, outputTokens: 5 };
    expect(runOf({ ...ended, state: "completed", output, usage }, "expired")).toMatchObject(
      z.record(z.string(), z.unknown()).parse(fixture),
    );
  });

  it.each(states)(
    "that is %s has all its keys in their order, its status, and the times of its transitions",
    (state) => {
      const [status, , started, end] = TOLD[state];
      const run = runOf(IN[state], "expired");
      expect(Object.keys(run)).toEqual(Object.keys(assistantRun.shape));
      expect(Object.keys(run)).toHaveLength(18);
      expect(assistantRun.parse(run)).toEqual(run);
      expect(run).toMatchObject({
        status,
        created_at: wireTime(BORN),
        started_at: started ? wireTime(STARTED) : null,
        completed_at: null,
        failed_at: null,
        cancelled_at: null,
        ...(end !== null && { [end]: wireTime(ENDED) }),
      });
      expect(run.last_error).toBe("error" in IN[state] ? IN[state].error.message : null);
    },
  );

  it("whose time was over has failed where a deployment says so, with its time", () => {
    expect(runOf(IN.timed_out, "failed")).toMatchObject({ status: "failed", failed_at: wireTime(ENDED) });
  });

  it("that nobody answered in time is over its time", () => {
    const unanswered: Task = { ...ended, state: "failed", error: { code: "deadline", message: "Nobody answered." } };
    expect(runOf(unanswered, "expired")).toMatchObject({
      status: "expired",
      failed_at: null,
      last_error: "Nobody answered.",
    });
    expect(runOf(unanswered, "failed")).toMatchObject({ status: "failed", failed_at: wireTime(ENDED) });
    expect(backgroundTaskOf(unanswered, "t")).toMatchObject({ status: "failed", result: "expired" });
  });

  it("that waits for work elsewhere waits asynchronously, and says so when that is done, until it goes on", () => {
    const child: Wait = { on: "child", key: "k", since: STARTED, until: null, child: "task_x" };
    const parked: Task = { ...begun, state: "waiting", waits: [child] };
    expect(runOf(parked, "expired").status).toBe("async_wait");
    const woken = change(parked, { do: "wake", key: "k" }, STARTED + 5);
    expect(runOf(woken, "expired").status).toBe("async_completed");
    expect(Object.keys(runOf(woken, "expired"))).toHaveLength(18);
    expect(backgroundTaskOf(woken, "t").status).toBe("started");
    const paused = change(woken, { do: "pause", by: "ada", reason: "" }, STARTED + 6);
    const resumed = change(paused, { do: "resume", by: "ada" }, STARTED + 7);
    expect([paused, resumed].map((each) => runOf(each, "expired").status)).toEqual(["running", "running"]);
    expect(runOf(change(woken, { do: "start" }, STARTED + 6), "expired").status).toBe("running");
    expect(runOf(change(woken, { do: "cancel", by: "ada", reason: "" }, STARTED + 6), "expired").status).toBe(
      "cancelled",
    );
  });

  it("that takes a nap, or is answered, goes on without having waited for work elsewhere", () => {
    const nap: Wait = { on: "timer", key: "k", since: STARTED, until: STARTED + 1_000 };
    const woken = change({ ...begun, state: "waiting", waits: [nap] }, { do: "wake", key: "k" }, STARTED + 1_000);
    expect(runOf(woken, "expired").status).toBe("running");
    const answer = { do: "input", messageId: "m", prompt: null, by: "ada" } as const;
    expect(runOf(change(IN.input_required, answer, STARTED + 5), "expired").status).toBe("running");
  });

  it("repeats in its message what went wrong", () => {
    for (const state of ["failed", "rejected", "timed_out"] as const) {
      const run = runOf(IN[state], "expired");
      expect(run.result).toMatchObject({ data: { message: { content: [{ text: run.last_error }] } } });
    }
    for (const state of ["queued", "running", "input_required", "cancelled"] as const) {
      expect(runOf(IN[state], "expired").result).toBeNull();
    }
  });

  it.each([
    ["a text", "done", "done"],
    ["an object", { rows: 3 }, '{"rows":3}'],
    ["nothing", null, ""],
  ])("of any kind and in no conversation is told, with %s that came out of it", (_, output, text) => {
    const task: Task = { ...ended, kind: "backup", input: [1, 2], conversation: null, state: "completed", output };
    const run = assistantRun.parse(runOf(task, "expired"));
    expect(run).toMatchObject({ status: "completed", thread_id: RUN, agent_id: null, llm_params: null });
    expect(run.result).toMatchObject({ data: { message: { content: [{ response_type: "text", text }] } } });
    expect(backgroundTaskOf(task, "t")).toMatchObject({ task_name: "backup", task_args: null, result: text });
  });

  it("tells what its guardrails found, by kind, and what could not be looked at", () => {
    const finding = {
      kind: "pii",
      detector: "offline",
      entity: "EmailAddress",
      score: 1,
      in: "output",
      of: "answer",
    } as const;
    const report = {
      findings: [{ ...finding, start: 3, end: 9, word: "a@b.de", action: "masked" as const }],
      warnings: [{ id: "DETECTOR_UNAVAILABLE" as const, message: "There is no detector." }],
    };
    const run = runOf({ ...ended, state: "completed", output: { ...output, guardrails: report } }, "expired");
    expect(run.result).toMatchObject({
      data: {
        moderations: {
          hap: [],
          social_bias: [],
          pii: [{ score: 1, input: false, position: { start: 3, end: 9 }, entity: "EmailAddress", word: "a@b.de" }],
        },
        warnings: report.warnings,
      },
    });
  });
});

describe("a background task", () => {
  it.each(states)("of a run that is %s shows its own status", (state) => {
    const told = backgroundTaskOf(IN[state], "its id");
    expect(Object.keys(told)).toEqual(["task_id", "task_name", "status", "task_args", "result"]);
    expect(backgroundTask.parse(told)).toMatchObject({
      task_id: "its id",
      task_name: "run_orchestrate_assistant",
      status: TOLD[state][1],
      task_args: { run_id: RUN, thread_id: THREAD, agent_id: AGENT },
    });
    const results: Partial<Record<State, string>> = {
      completed: "Hello!",
      failed: "It went wrong.",
      cancelled: "cancelled",
      timed_out: "expired",
      rejected: "It went wrong.",
    };
    expect(told.result).toBe(results[state] ?? null);
  });

  it("of which there is no record is unknown, under the name that was asked for", () => {
    expect(JSON.stringify(unknownTask("x/ü"))).toBe(
      '{"task_id":"x/ü","task_name":null,"status":"unknown","task_args":null,"result":null}',
    );
  });

  it("has an id that is not its run's, and follows from it", () => {
    expect([runIdOf(fresh), backgroundIdOf(fresh)]).toEqual([RUN, backgroundIdOf(begun)]);
    expect(backgroundIdOf(fresh)).not.toBe(RUN);
  });
});

test("a time has six digits of a second, or none where it is whole", () => {
  expect(wireTime(BORN)).toBe("2026-02-06T16:57:05.301000Z");
  expect(wireTime(Date.parse("2026-02-06T16:57:05Z"))).toBe("2026-02-06T16:57:05Z");
});
