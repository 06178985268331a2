import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { queryIdOf, replyIdOf } from "../../../task/conversation.ts";
import { eventDraft, type TaskEvent } from "../../../task/events/event.ts";
import { SAMPLE_EVENTS } from "../../../task/events/samples.suite.ts";
import { jsonObject } from "../../../task/json/json.ts";
import { type Task, task as taskSchema } from "../../../task/task.ts";
import { answerOf } from "../messages/message.ts";
import { threadMessage } from "../messages/schema.ts";
import { RunEvents } from "./event.ts";
import { type RunEvent, runEvent } from "./schema.ts";

const line = z.object({
  name: z.string(),
  task: taskSchema,
  log: z.array(z.object({ type: z.string(), data: jsonObject, seq: z.int(), at: z.int() })),
});

/** Runs of the real server with their logs: a plain one, one with a tool, one that failed, one that asked, one cancelled. */
const RUNS = new Map(
  readFileSync(new URL("fixtures/run-logs.jsonl", import.meta.url), "utf8")
    .trim()
    .split("\n")
    .map((text) => line.parse(JSON.parse(text)))
    .map(({ name, task, log }): [string, { task: Task; log: TaskEvent[] }] => [
      name,
      { task, log: log.map(({ type, data, seq, at }) => ({ task: task.id, seq, at, ...eventDraft(type, data) })) },
    ]),
);

function recorded(name: string) {
  const run = RUNS.get(name);
  if (!run) throw new Error(`There is no run ${name}.`);
  return { ...run, told: read(run) };
}

function read({ task, log }: { task: Task; log: TaskEvent[] }): RunEvent[] {
  const reader = new RunEvents(task, "expired");
  return log.flatMap((event) => reader.read(event));
}

const names = (events: RunEvent[]) => events.map(({ event }) => event);

describe("a log", () => {
  test.each([...RUNS.keys()])("of the run %s gives the same events whenever it is read, with ids that rise", (name) => {
    const run = recorded(name);
    expect(read(run)).toEqual(run.told);
    expect(run.told.map((each) => runEvent.parse(each))).toEqual(run.told);
    const order = run.told.map(({ id }) =>
      id
        .split("-")
        .map((part) => part.padStart(15, "0"))
        .join("-"),
    );
    expect(order).toEqual([...new Set(order)].sort());
    // A reader that knows the task only as it was in the beginning reads the same.
    const { output: _, error: __, ...young } = { output: null, error: null, ...run.task };
    const early = taskSchema.parse({ ...young, state: "running", endedAt: null, waits: [] });
    expect(read({ task: early, log: run.log })).toEqual(run.told);
  });

  test("of a run with a tool tells its steps in order, then the answer once", () => {
    const { told, task, log } = recorded("tools");
    expect(names(told)).toEqual([
      "run.started",
      "message.started",
      "run.step.intermediate",
      "run.step.delta",
      "run.step.delta",
      "run.step.intermediate",
      "run.step.intermediate",
      "message.delta",
      "message.created",
      "message.completed",
      "run.completed",
      "done",
    ]);
    const message = threadMessage.parse(told.find(({ event }) => event === "message.created")?.data["message"]);
    expect([message.id, message.parent_message_id]).toEqual([replyIdOf(task.id), queryIdOf(task.id)]);
    expect(message.step_history).toHaveLength(2);
    const reader = new RunEvents(task, "expired");
    for (const event of log) reader.read(event);
    expect(answerOf(task, reader.steps)).toEqual(message);
  });

  test("of a run that asked tells the question, and that a message was heard", () => {
    const { told } = recorded("question");
    const at = names(told).indexOf("message.interrupt");
    expect(names(told).slice(at, at + 2)).toEqual(["message.interrupt", "message.started"]);
    const question = threadMessage.parse(told[at]?.data["message"]);
    expect(question.additional_properties).toMatchObject({ is_interrupt: true });
    expect(question.content[0]?.["text"]).toBe("Which of the two?");
    const answer = threadMessage.parse(told.at(-4)?.data["message"]);
    expect(answer.parent_message_id).not.toBe(question.parent_message_id);
  });

  test("of a run that did not succeed ends in its own way", () => {
    expect(names(recorded("failure").told).slice(-2)).toEqual(["run.failed", "done"]);
    expect(recorded("failure").told.at(-2)?.data["error"]).toContain("the scripted failure");
    expect(names(recorded("cancel").told).slice(-2)).toEqual(["run.cancelled", "done"]);
    const { task, log } = recorded("cancel");
    const late = { ...eventDraft("task.timed_out", { error: { code: "deadline", message: "Too late." } }) };
    const over = [...log.slice(0, -1), { task: task.id, seq: log.length, at: task.updatedAt, ...late }];
    expect(names(read({ task, log: over })).slice(-2)).toEqual(["run.expired", "done"]);
    const reader = new RunEvents(task, "failed");
    expect(names(over.flatMap((event) => reader.read(event))).slice(-2)).toEqual(["run.failed", "done"]);
  });

  test("may hold an event of any type, and of a kind's own", () => {
    const { task } = recorded("plain");
    const reader = new RunEvents(task, "expired");
    for (const event of SAMPLE_EVENTS) {
      const told = reader.read(event);
      expect(
        told.map((each) => runEvent.parse(each)),
        event.type,
      ).toEqual(told);
      expect(told.length).toBeLessThan(16);
    }
    const own: TaskEvent = { task: task.id, seq: 99, at: 1, type: "invoice.read", data: { number: 7 }, custom: true };
    expect(new RunEvents(task, "expired").read(own)).toMatchObject([
      { event: "run.step.intermediate", data: { message: { key: "invoiceRead", text: "invoice.read" } } },
    ]);
  });

  test("of a model that gave no live text has the answer as one piece", () => {
    const { task, log } = recorded("plain");
    const quiet = read({ task, log: log.filter(({ type }) => type !== "output.delta") });
    const pieces = quiet.filter(({ event }) => event === "message.delta");
    expect(pieces).toHaveLength(1);
    const message = threadMessage.parse(quiet.at(-4)?.data["message"]);
    expect(pieces[0]?.data["delta"]).toMatchObject({ content: [{ text: message.content[0]?.["text"] }] });
  });
});
