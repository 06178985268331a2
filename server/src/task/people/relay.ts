/**
 * The questions that a task asks for its children. Whoever has submitted a task follows that task, and knows nothing of
 * those that it begins: what these ask people, it asks as well, and an answer to it is theirs. Pure.
 */
import { type Change, change, type Patch, wrongState } from "../change.ts";
import type { Command } from "../command.ts";
import type { Refusal } from "../errors.ts";
import type { EventDraft } from "../events/event.ts";
import { restingState } from "../open-task.ts";
import { isTerminal } from "../states.ts";
import type { Task, Wait } from "../task.ts";
import { type OpenQuestion, openQuestions } from "./questions.ts";

/** Refused where the task asks all of it, and nothing else, already. */
export function relay(task: Task, command: Command & { do: "relay" }, at: number): Change | Refusal {
  const { child, questions, answered } = command;
  if (isTerminal(task.state) || task.state === "queued") return wrongState(task, "asked anything for a child");
  const before = openQuestions(task).filter(({ relayed }) => relayed?.child === child);
  const isAsked = ({ key }: OpenQuestion) => before.some(({ relayed }) => relayed?.key === key);
  const kept = before.filter(({ relayed }) => questions.some(({ key }) => key === relayed?.key));
  const others = task.waits.filter((wait) => !before.some((question) => question === wait));
  const fresh: OpenQuestion[] = [];
  for (const question of questions)
    if (!isAsked(question)) fresh.push(relayedFrom(child, question, [...others, ...kept, ...fresh], at));
  if (answered === undefined && fresh.length === 0 && kept.length === before.length)
    return wrongState(task, "asked the same again");
  const waits = [...others, ...kept, ...fresh];
  const events: EventDraft[] = [
    ...(answered ? [{ type: "task.input_received", data: answered } as const] : []),
    ...fresh.map(({ prompt, until }): EventDraft => ({ type: "task.input_required", data: { prompt, until } })),
  ];
  // Nobody has answered it by way of this task: that it is asked no more is told all the same.
  if (events.length === 0 && isAtRest(task)) events.push({ type: "task.waiting", data: { waits } });
  return change(task, command, at, withWaits(task, waits), events);
}

/** Under a name of its own among all that the task asks. When it is too late for it is the child's to say. */
function relayedFrom(child: string, { key, prompt }: OpenQuestion, asked: readonly Wait[], at: number): OpenQuestion {
  const names = new Set(openQuestions({ waits: asked }).map(({ prompt }) => prompt.name));
  let { name } = prompt;
  for (let count = 2; names.has(name); count++) name = `${prompt.name}-${count}`;
  const relayed = { child, key };
  return { on: "input", key: `${child}:${key}`, since: at, until: null, prompt: { ...prompt, name }, relayed };
}

function isAtRest(task: Task): boolean {
  return task.state !== "running" && !(task.state === "paused" && task.resumesAs === "running");
}

function withWaits(task: Task, waits: Wait[]): Patch {
  switch (task.state) {
    case "running":
      return { waits };
    case "paused":
      return task.resumesAs === "running" ? { waits } : { waits, resumesAs: restingState(waits) };
    case "waiting":
    case "input_required":
      return { state: restingState(waits), waits };
    default:
      return {};
  }
}
