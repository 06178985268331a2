import { expect, it } from "vitest";
import { newTask } from "../store/suite/new-task.suite.ts";
import { taskIdFromUuid } from "../task/id.ts";
import { ownTraceId, type Trace } from "../task/trace.ts";
import type { Sampling } from "./settings.ts";
import type { FinishedSpan } from "./span.ts";
import { Tracing } from "./tracing.ts";

function tracing(sampler: Sampling) {
  const spans: FinishedSpan[] = [];
  const sink = { span: (span: FinishedSpan) => void spans.push(span), modelCall: () => {} };
  return { spans, tracing: new Tracing(sink, { sampler, contents: false }, () => 5_000) };
}

const ALWAYS = { byParent: true, ratio: 1 };
const called = (sampled: boolean): Trace => ({ id: "a".repeat(32), parent: "b".repeat(16), sampled, own: false });
const { id } = newTask();

it("goes on with a caller's trace, and begins one where there is none", () => {
  const { begins } = tracing(ALWAYS).tracing;
  expect(begins(null, id)).toEqual({ id: ownTraceId(id), parent: null, sampled: true, own: true });
  expect(begins(called(true), id)).toEqual({ ...called(true), own: true });
});

it("lets a caller decide whether its trace is sent, unless the share alone decides", () => {
  const sampled = (sampler: Sampling, given: Trace | null) => tracing(sampler).tracing.begins(given, id).sampled;
  expect([sampled(ALWAYS, called(false)), sampled({ byParent: true, ratio: 0 }, called(true))]).toEqual([false, true]);
  expect([sampled({ byParent: false, ratio: 1 }, called(false)), sampled({ byParent: false, ratio: 0 }, null)]).toEqual(
    [true, false],
  );
});

it("sends about the share of traces that is asked for, and the same ones everywhere", () => {
  const [one, other] = [
    tracing({ byParent: true, ratio: 0.25 }).tracing,
    tracing({ byParent: true, ratio: 0.25 }).tracing,
  ];
  const ids = Array.from({ length: 16 }, (_, digit) => taskIdFromUuid(uuid(digit.toString(16).repeat(32))));
  const decided = (by: Tracing) => ids.map((each) => by.begins(null, each).sampled);
  expect(decided(one)).toEqual(decided(other));
  expect(decided(one).filter((sampled) => sampled)).toHaveLength(4);
});

const uuid = (hex: string) => hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");

it("tells of the end of a task once, whatever comes after it, and of none whose trace is not sent", () => {
  const { spans, tracing: told } = tracing(ALWAYS);
  const trace = told.begins(null, id);
  const ended = { ...newTask({ trace, endedAt: 4_000 }), state: "completed" as const, output: null };
  const before = { revision: 1, state: "running" as const, attempt: 1 };
  told.taskChanged({ before, task: newTask({ trace }) });
  expect(spans).toEqual([]);
  told.taskChanged({ before, task: ended });
  told.taskChanged({ before: { ...before, state: "completed" }, task: ended });
  expect(spans).toHaveLength(1);
  const unsent = { ...trace, sampled: false };
  told.taskChanged({ before, task: { ...ended, trace: unsent } });
  told.stepEnded({ ...ended, trace: unsent }, "s", 5, { key: "k", tries: 1, failure: null });
  expect(spans).toHaveLength(1);
});

it("tells each try of a step by itself, as long as it took", () => {
  const { spans, tracing: told } = tracing(ALWAYS);
  const task = newTask({ trace: told.begins(null, id) });
  const failure = { code: "boom", message: "Boom." };
  told.stepEnded(task, "pay", 1_500, { key: "k", tries: 1, failure });
  told.stepEnded(task, "pay", 500, { key: "k", tries: 2, failure: null });
  const [first, second] = spans;
  expect(first).toMatchObject({ name: "step pay", startMs: 3_500, endMs: 5_000, error: { type: "boom" } });
  expect(second).toMatchObject({ startMs: 4_500, error: null, parent: first?.parent });
  expect(first?.id).not.toBe(second?.id);
});
