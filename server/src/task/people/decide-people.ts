/** What `decide` makes of the commands of people: how their work begins, what they do with it, and what time does. Pure. */
import { type Change, change, end, joined, wrongState } from "../change.ts";
import type { Command } from "../command.ts";
import { Refusal } from "../errors.ts";
import type { EventDraft } from "../events/event.ts";
import { isReady, waitsOn } from "../open-task.ts";
import { isTerminal } from "../states.ts";
import type { Task } from "../task.ts";
import { HUMAN_KIND, humanInput } from "./human.ts";
import { actOn, escalated } from "./human-acts.ts";
import { decisionQuestion } from "./work-item.ts";

export type PeoplesCommand = Command & { do: "ask" | "act" | "overdue" | "conclude" | "remark" };

/** `follow` is what `decide` makes of the command that follows from an act. */
export function decidePeoples(
  task: Task,
  command: PeoplesCommand,
  at: number,
  follow: (task: Task, command: Command) => Change | Refusal,
): Change | Refusal {
  switch (command.do) {
    case "ask":
      return ask(task, command, at);
    case "act":
      return act(task, command, at, follow);
    case "overdue":
      return overdue(task, command, at);
    case "conclude":
      return conclude(task, command, at);
    case "remark":
      if (isTerminal(task.state)) return wrongState(task, "added to");
      return change(task, command, at, {}, [command.event]);
  }
}

function conclude(task: Task, command: Command & { do: "conclude" }, at: number): Change | Refusal {
  const { ending } = command;
  if (isTerminal(task.state)) return wrongState(task, "ended by people");
  if ("error" in ending) return end(task, command, at, { state: "failed", ...ending });
  return end(task, command, at, { state: "completed", ...ending, progress: 1 });
}

function ask(task: Task, command: Command & { do: "ask" }, at: number): Change | Refusal {
  const read = humanInput.safeParse(task.input);
  const isReadyNow = task.kind === HUMAN_KIND && isReady(task.state, waitsOn(task));
  if (!isReadyNow || task.assignment === null || !read.success) return wrongState(task, "handed to people");
  const question = decisionQuestion(read.data, task.assignment, at);
  const assignment = { ...task.assignment, assignedAt: at };
  return change(task, command, at, { state: "input_required", waits: [question], startedAt: at, assignment }, [
    { type: "task.input_required", data: { prompt: question.prompt, until: null } },
  ]);
}

function overdue(task: Task, command: Command & { do: "overdue" }, at: number): Change | Refusal {
  const { assignment } = task;
  if (task.state !== "input_required" || assignment === null || assignment.overdue) return wrongState(task, "overdue");
  return change(task, command, at, { assignment: escalated(assignment, command.to, at) }, [
    { type: "human.overdue", data: { dueAt: assignment.dueAt ?? at, to: command.to } },
  ]);
}

/** An act is a change of the assignment, and what follows from that for the task: both or neither. */
function act(
  task: Task,
  command: Command & { do: "act" },
  at: number,
  follow: (task: Task, command: Command) => Change | Refusal,
): Change | Refusal {
  const effect = actOn(task, command, at);
  if (effect instanceof Refusal) return effect;
  const { by, act, comment } = command;
  const { assignment, to, consequence } = effect;
  const { state, stage } = assignment;
  const outcome = act.act === "decide" || act.act === "skip" ? assignment.outcome : null;
  const acted: EventDraft = {
    type: "human.acted",
    data: {
      act: act.act,
      by: by.user,
      state,
      outcome,
      to,
      stage,
      comment: comment === "" ? null : comment,
      scope: "task",
    },
  };
  // The event that ended the log stays its last.
  const first = change(task, command, at, { assignment }, isTerminal(task.state) ? [] : [acted]);
  if (consequence === null) return first;
  const second = follow(first.task, consequence);
  return second instanceof Refusal ? second : joined(first, second);
}
