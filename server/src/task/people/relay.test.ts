import { describe, expect, test } from "vitest";
import { type Change, type Command, decide, submitted } from "../decide.ts";
import { Refusal } from "../errors.ts";
import { queuedTask } from "../queued-task.ts";
import type { Task, Wait } from "../task.ts";
import type { OpenQuestion } from "./questions.ts";

const BORN = 1_000_000;
const CHILD = "task_child";

function question(name: string, key = `/${name}#0`): OpenQuestion {
  const prompt = { name, asks: "answer" as const, text: `Which ${name}?`, schema: null };
  return { on: "input", key, since: BORN, until: BORN + 60_000, prompt };
}

const COLOUR = question("colour");
const SIZE = question("size");
const AWAITS: Wait = { on: "child", key: "/child#0", since: BORN, until: null, child: CHILD };

function decided(task: Task, command: Command): Change | Refusal {
  return decide(task, command, BORN);
}

function change(task: Task, command: Command): Change {
  const made = decided(task, command);
  if (made instanceof Refusal) throw made;
  return made;
}

function running(): Task {
  const fields = { id: "task_1", tenant: "t", user: "u", kind: "k", title: "", input: {}, createdAt: BORN };
  return change(submitted(queuedTask(fields)).task, { do: "start" }).task;
}

const rest = (task: Task): Task =>
  change(task, { do: "suspend", attempt: 1, waits: [AWAITS], checkpoint: "child" }).task;
const relay = (...questions: OpenQuestion[]): Command => ({ do: "relay", child: CHILD, questions });
const names = ({ waits }: Task) => waits.flatMap((wait) => (wait.on === "input" ? [wait.prompt.name] : []));
const types = ({ events }: Change) => events.map(({ type }) => type);

describe("what a task asks for its children", () => {
  test("is asked once, whatever else the child asks besides, and has no time of its own", () => {
    const first = change(rest(running()), relay(COLOUR));
    expect([first.task.state, types(first)]).toEqual(["input_required", ["task.input_required"]]);
    const second = change(first.task, relay(COLOUR, SIZE));
    expect([names(second.task), types(second)]).toEqual([["colour", "size"], ["task.input_required"]]);
    expect(second.task.waits.flatMap((wait) => (wait.on === "input" ? [wait.until] : []))).toEqual([null, null]);
    expect(decided(second.task, relay(COLOUR, SIZE))).toMatchObject({ code: "not_allowed_in_state" });
  });

  test("has a name of its own beside what the task and its other children ask", () => {
    const own = change(running(), {
      do: "record",
      attempt: 1,
      record: { events: [], asked: [{ ...COLOUR, key: "/own#0" }] },
    }).task;
    const one = change(own, relay(COLOUR)).task;
    const two = change(one, { do: "relay", child: "task_other", questions: [COLOUR] }).task;
    expect(names(two).sort()).toEqual(["colour", "colour-2", "colour-3"]);
    const both = change(running(), relay(COLOUR, { ...COLOUR, key: "/colour#1" })).task;
    expect(names(both)).toEqual(["colour", "colour-2"]);
  });

  test("is asked no more once the child asks it no more, which is told of a task at rest", () => {
    const asking = change(rest(running()), relay(COLOUR, SIZE)).task;
    const fewer = change(asking, relay(SIZE));
    expect([names(fewer.task), types(fewer)]).toEqual([["size"], ["task.waiting"]]);
    const none = change(fewer.task, relay());
    expect([none.task.state, none.task.waits, types(none)]).toEqual(["waiting", [AWAITS], ["task.waiting"]]);
    const atWork = change(change(running(), relay(COLOUR)).task, relay());
    expect([atWork.task.state, atWork.task.waits, types(atWork)]).toEqual(["running", [], []]);
  });

  test("that was answered here is told here", () => {
    const asking = change(rest(running()), relay(COLOUR)).task;
    const answered = { by: "ada", messageId: "m-1", prompt: "colour" };
    const told = change(asking, { do: "relay", child: CHILD, questions: [], answered });
    expect([told.task.waits, types(told)]).toEqual([[AWAITS], ["task.input_received"]]);
  });

  test("outlives the rest and the pause of the task, and a start", () => {
    const atWork = change(running(), relay(COLOUR)).task;
    expect(names(rest(atWork))).toEqual(["colour"]);
    const paused = change(rest(running()), { do: "pause", by: "ada", reason: "" }).task;
    const asking = change(paused, relay(COLOUR)).task;
    expect([asking.state, names(asking)]).toEqual(["paused", ["colour"]]);
    const resumed = change(asking, { do: "resume", by: "ada" }).task;
    expect([resumed.state, names(resumed)]).toEqual(["input_required", ["colour"]]);
    const pausing = change(running(), { do: "pause", by: "ada", reason: "" }).task;
    const unwound = change(change(pausing, relay(COLOUR)).task, {
      do: "suspend",
      attempt: 1,
      waits: [AWAITS],
      checkpoint: "child",
    });
    expect([unwound.task.state, names(unwound.task)]).toEqual(["paused", ["colour"]]);
    const woken = change(change(asking, { do: "resume", by: "ada" }).task, { do: "wake", key: AWAITS.key }).task;
    expect(names(change(woken, { do: "start" }).task)).toEqual(["colour"]);
  });

  test("is nothing before its first start, and nothing after its end", () => {
    const fields = { id: "task_1", tenant: "t", user: "u", kind: "k", title: "", input: {}, createdAt: BORN };
    const ended = change(running(), { do: "cancel", by: "ada", reason: "" }).task;
    for (const task of [submitted(queuedTask(fields)).task, ended])
      expect(decided(task, relay(COLOUR))).toMatchObject({ code: "not_allowed_in_state" });
  });
});
