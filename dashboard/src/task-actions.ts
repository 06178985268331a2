import { isTerminal, type Task, type TaskHandle } from "@waybill/sdk";
import { button, element, notice } from "./element.ts";
import { sentenceOf } from "./session.ts";

export type TaskChanges = {
  /** A new task came of this one. */
  opened: (id: string) => void;
  /** The task was changed from here. */
  changed: () => void;
};

/** The buttons of what can be done to a task in its state. `problem` is told what the server refused. */
export function taskActions(task: Task, handle: TaskHandle, problem: HTMLElement, changes: TaskChanges): HTMLElement {
  const row = element("div", { class: "row" });
  const add = (label: string, look: string, act: () => Promise<unknown>): void => {
    const made = button(label, look, () => {
      made.disabled = true;
      notice(problem, "");
      act()
        .then(
          () => changes.changed(),
          (error: unknown) => notice(problem, sentenceOf(error)),
        )
        .finally(() => {
          made.disabled = false;
        });
    });
    row.append(made);
  };
  const retry = async (reuseSteps: boolean): Promise<void> => {
    changes.opened((await handle.retry({ reuseSteps })).id);
  };
  if (isTerminal(task.state)) {
    add("Retry", "", () => retry(false));
    if (task.state !== "completed") add("Retry, keep finished steps", "", () => retry(true));
    return row;
  }
  if (task.state === "paused") add("Resume", "primary", () => handle.resume());
  if (task.paused?.pausing) add("Stop it now", "danger", () => handle.pause({ now: true }));
  if (task.state !== "paused") add("Pause", "", () => handle.pause());
  add("Cancel", "danger", () => handle.cancel());
  return row;
}
