import { describe, expect, test } from "vitest";
import { type Change, type Command, decide, submitted } from "../decide.ts";
import { Refusal } from "../errors.ts";
import { isReady, waitsOn } from "../open-task.ts";
import { queuedTask } from "../queued-task.ts";
import { dueAt, type Task } from "../task.ts";
import { type OpenQuestion, questionFor, takesEarlierInput } from "./questions.ts";

const BORN = 1_000_000;
const QUESTION: OpenQuestion = {
  on: "input",
  key: "/0.a/ask#0",
  since: BORN,
  until: null,
  prompt: { name: "ask", asks: "answer", text: "Which one?", schema: null },
};

function change(task: Task, command: Command): Change {
  const decided = decide(task, command, BORN);
  if (decided instanceof Refusal) throw decided;
  return decided;
}

function running(): Task {
  const fields = { id: "task_1", tenant: "t", user: "u", kind: "k", title: "", input: {}, createdAt: BORN };
  return change(submitted(queuedTask(fields)).task, { do: "start" }).task;
}

test("an input answers the oldest open question, or the oldest of its name", () => {
  const later = { ...QUESTION, key: "/0.b/ask#0", since: BORN + 5 };
  const waits = [later, { on: "timer", key: "t", since: 0, until: 1 } as const, QUESTION];
  expect([questionFor({ waits }, null)?.key, questionFor({ waits }, "ask")?.key]).toEqual([QUESTION.key, QUESTION.key]);
  expect(questionFor({ waits }, "size")).toBeUndefined();
});

test("only what is no permission is answered by what came before it was asked", () => {
  const asks = ["answer", "information", "approval", "authorization"] as const;
  expect(asks.map(takesEarlierInput)).toEqual([true, true, false, false]);
});

describe("questions beside other work", () => {
  const prompt = { ...QUESTION.prompt, name: "size" };
  const SIZE: OpenQuestion = { ...QUESTION, key: "/0.b/size#0", since: BORN + 1, until: BORN + 60_000, prompt };
  const asks = (...asked: OpenQuestion[]): Command => ({ do: "record", attempt: 1, record: { events: [], asked } });
  const answer = (prompt: string | null): Command => ({ do: "input", by: "ada", messageId: "m", prompt });
  const keys = (task: Task) => task.waits.map(({ on, key }) => (on === "slot" ? "slot" : key));

  test("are shown once, at once, with the task still running, and their time runs from there", () => {
    const { task, events } = change(running(), asks(QUESTION, SIZE));
    expect([task.state, keys(task), dueAt(task)]).toEqual(["running", [QUESTION.key, SIZE.key], SIZE.until]);
    expect(events.map(({ type }) => type)).toEqual(["task.input_required", "task.input_required"]);
    expect(change(task, asks(QUESTION)).events).toEqual([]);
    const rest = change(task, { do: "suspend", attempt: 1, waits: [QUESTION, SIZE], checkpoint: "" });
    expect([rest.task.state, rest.events.map(({ type }) => type)]).toEqual(["input_required", ["task.waiting"]]);
  });

  test("take an answer by name, or the oldest of them, and leave the others open through it all", () => {
    const both = change(running(), asks(QUESTION, SIZE)).task;
    expect(keys(change(both, answer("size")).task)).toEqual([QUESTION.key]);
    const { task, events } = change(both, answer(null));
    expect([task.state, keys(task)]).toEqual(["running", [SIZE.key]]);
    expect(events).toMatchObject([{ type: "task.input_received", data: { prompt: "ask" } }]);
    const atRest = change(both, { do: "suspend", attempt: 1, waits: [QUESTION, SIZE], checkpoint: "" }).task;
    const answered = change(atRest, answer(null)).task;
    expect([answered.state, keys(answered)]).toEqual(["waiting", ["slot", SIZE.key]]);
    expect(isReady(answered.state, waitsOn(answered))).toBe(true);
    const started = change(answered, { do: "start" }).task;
    expect([started.state, keys(started)]).toEqual(["running", [SIZE.key]]);
    const paused = change(change(answered, { do: "pause", by: "ada", reason: "" }).task, answer("size")).task;
    expect([paused.state, keys(paused)]).toEqual(["paused", ["slot"]]);
    expect(change(paused, { do: "resume", by: "ada" }).task).toMatchObject({ state: "waiting" });
  });

  test("are told and closed at once when their call has its answer by the time that it is written", () => {
    const record = { events: [], asked: [QUESTION, SIZE], closed: [QUESTION.key] };
    const { task, events } = change(running(), { do: "record", attempt: 1, record });
    expect([task.state, keys(task)]).toEqual(["running", [SIZE.key]]);
    expect(events.map(({ type }) => type)).toEqual(["task.input_required", "task.input_required"]);
  });

  test("close when their time is over, or their call has its answer", () => {
    const both = change(running(), asks(QUESTION, SIZE)).task;
    expect(keys(change(both, { do: "wake", key: SIZE.key }).task)).toEqual([QUESTION.key]);
    const closed: Command = { do: "record", attempt: 1, record: { events: [], closed: [QUESTION.key] } };
    expect(keys(change(both, closed).task)).toEqual([SIZE.key]);
  });

  test("do not come back with a rest that was written before their answer was known to the run", () => {
    const both = change(running(), asks(QUESTION, SIZE)).task;
    const told = [QUESTION.key, SIZE.key];
    const suspend: Command = { do: "suspend", attempt: 1, waits: [QUESTION, SIZE], checkpoint: "", told };
    const answered = change(both, answer(null)).task;
    expect(change(answered, suspend).task).toMatchObject({ state: "waiting", waits: [{ on: "slot" }, SIZE] });
    expect(change(answered, suspend).events.map(({ type }) => type)).toEqual(["task.waiting"]);
    const paused = change(change(both, { do: "pause", by: "ada", reason: "" }).task, answer(null)).task;
    expect([paused.state, keys(paused)]).toEqual(["paused", [SIZE.key]]);
    expect(change(paused, suspend).task).toMatchObject({ resumesAs: "waiting", waits: [{ on: "slot" }, SIZE] });
  });
});
