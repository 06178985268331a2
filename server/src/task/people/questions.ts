/** The questions that a task asks people, beside whatever else it does: which are open, and which one an input answers. */
import type { InputAsk } from "../states.ts";
import type { Task, Wait } from "../task.ts";

export type OpenQuestion = Extract<Wait, { on: "input" }>;

/** Oldest first. */
export function openQuestions({ waits }: { waits: readonly Wait[] }): OpenQuestion[] {
  return waits.filter((wait) => wait.on === "input").sort((a, b) => a.since - b.since);
}

/** Without those that it asks for its children. */
export function ownQuestions(task: { waits: readonly Wait[] }): OpenQuestion[] {
  return openQuestions(task).filter(({ relayed }) => relayed === undefined);
}

/** The question that an input answers when it comes now: the oldest open one, of that name if it names one. */
export function questionFor(
  task: Pick<Task, "waits">,
  name: string | null,
  except?: InputAsk,
): OpenQuestion | undefined {
  return openQuestions(task).find(({ prompt }) => (name === null || prompt.name === name) && prompt.asks !== except);
}

/** Whether what somebody said before the question was asked may answer it: a permission is given knowing what for. */
export function takesEarlierInput(asks: InputAsk): boolean {
  return asks === "answer" || asks === "information";
}
