/** What worklists are ordered by, as SQL over `assignments a`. */
import type { WorkOrder } from "../../human-store.ts";

const COLUMNS: Readonly<Record<WorkOrder["by"], string>> = {
  number: "a.task",
  title: "a.title COLLATE NOCASE",
  priority: "a.priority",
  state: "a.state",
  createdAt: "a.task",
  updatedAt: "a.updated_at",
  assignedAt: "a.assigned_at",
  dueAt: "a.due_at",
};

/** Ties: the newest first. */
export function orderOf(order: readonly WorkOrder[]): string {
  const terms = order.map(({ by, descending }) => {
    const column = COLUMNS[by];
    // What has no due date comes last, whichever way.
    return `${by === "dueAt" ? "a.due_at IS NULL, " : ""}${column}${descending ? " DESC" : ""}`;
  });
  return [...terms, "a.task DESC"].join(", ");
}
