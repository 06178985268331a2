import { expect, test } from "vitest";
import { type Command, decide } from "../task/decide.ts";
import { Refusal } from "../task/errors.ts";
import type { Task } from "../task/task.ts";
import { newTask, START } from "./suite/new-task.suite.ts";
import { isLiveText, type JournalEntry, type Write } from "./write.ts";

function written(task: Task, command: Command): Write {
  const change = decide(task, command, START);
  if (change instanceof Refusal) throw change;
  return change;
}

const running = written(newTask(), { do: "start" }).task;
const says = { type: "output.delta", data: { text: "Paris", agent: "a", step: "s" } } as const;
const text = written(running, { do: "record", attempt: 1, record: { events: [says] } });
const entry: JournalEntry = {
  ...{ branch: "", position: 0, name: "look up", occurrence: 0, kind: "step", state: "done", tries: 1, at: START },
  ...{ durationMs: 1, result: "found", error: null, trace: null, usage: null },
};

test("what a model says is live text where nothing is written beside it", () => {
  expect(isLiveText(text)).toBe(true);
  expect(isLiveText({ ...text, journal: [entry] })).toBe(false);
  expect(isLiveText({ ...text, taken: [1] })).toBe(false);
});

test("a start, an end and other events are no live text", () => {
  expect(isLiveText(written(newTask(), { do: "start" }))).toBe(false);
  expect(isLiveText(written(running, { do: "complete", attempt: 1, output: null }))).toBe(false);
  const other = { type: "seen", data: {}, custom: true } as const;
  expect(isLiveText(written(running, { do: "record", attempt: 1, record: { events: [says, other] } }))).toBe(false);
});
