/**
 * A pause in words. Steps that had begun when it came go on, and may cost, until they end: whichever API a caller reads,
 * it is told which they are.
 */

import type { Task } from "./task.ts";
import { clauseOf } from "./text/clause.ts";

/** So many steps of one task are named, the oldest. */
export const STEPS_NAMED_MAX = 20;

/** What goes on; "" where nothing does. */
export function stillRunning(steps: readonly string[]): string {
  if (steps.length === 0) return "";
  const names = steps.map((name) => `"${name}"`).join(", ");
  return steps.length === 1
    ? `${names} still runs, and may cost, until it ends`
    : `${names} still run, and may cost, until they end`;
}

/** Why a task was told to pause, and what goes on: without a full stop, "" where neither is known. */
export function pausingText(reason: string, steps: readonly string[] = []): string {
  return [clauseOf(reason), stillRunning(steps)].filter((said) => said !== "").join(": ");
}

/** Steps that went on when it was paused, as long as its run has not come to rest. */
export function stepsGoingOn(task: Task): readonly string[] {
  return task.state === "paused" && task.resumesAs === "running" ? (task.pausedBy?.running ?? []) : [];
}

/** One sentence on a task that is paused, or still comes to rest. */
export function pauseSentence(word: "Pausing" | "Paused", reason: string, steps?: readonly string[]): string {
  const text = pausingText(reason, steps);
  return `${word}${text === "" ? "" : `: ${text}`}.`;
}

/** The same of a task; null when it is not paused. */
export function pauseSentenceOf(task: Task): string | null {
  if (task.state !== "paused") return null;
  const word = task.resumesAs === "running" ? "Pausing" : "Paused";
  return pauseSentence(word, task.pausedBy?.reason ?? "", stepsGoingOn(task));
}
