/** Tasks of a list: unreadable ones are left out, and reported once; large values are cut to their beginnings. */
import type { Task } from "../../../task/task.ts";
import { previewValue } from "../../codec/spill.ts";
import { readTaskRow, taskOf } from "../../codec/task-row.ts";
import { type DamageLog, foundRow } from "../../damage.ts";

export function listedTasks(found: readonly { n: number; row: unknown[] | null }[], damage: DamageLog): Task[] {
  return found.flatMap(({ n, row }) => {
    const task = damage.orLeftOut(taskIn(row) ?? `task of row ${n}`, () => {
      const stored = readTaskRow(foundRow(row));
      const output = stored.output === null ? {} : { output: previewValue(stored.output) };
      return taskOf(stored, { input: previewValue(stored.input), ...output });
    });
    return task ? [task] : [];
  });
}

/** The name of a task in its row, if that can be read. */
function taskIn(row: readonly unknown[] | null): string | null {
  const id = row?.[1];
  return typeof id === "string" ? `task ${id}` : null;
}
