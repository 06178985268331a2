/** The acts of people on a task, from the events of its log. */
import { Refusal } from "../../task/errors.ts";
import type { KnownEvent, TaskEvent } from "../../task/events/event.ts";
import { type Comment, type HistoryEntry, humanAct, REMARK_SCOPES, type RemarkScope } from "../../task/people/human.ts";
import type { Task } from "../../task/task.ts";

const CURSOR = /^\d{1,15}$/;
const ACTS: ReadonlyMap<string, HistoryEntry["act"]> = new Map(
  humanAct.options.map(({ shape }) => [shape.act.value, shape.act.value]),
);

/** A cursor is the number of the last event of the page. Throws `invalid`. */
export function decodeSeq(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  if (CURSOR.test(cursor)) return Number(cursor);
  throw new Refusal("invalid", "This cursor is not one that this list has returned.", { field: "cursor" });
}

export function nextOf(events: readonly TaskEvent[], limit: number): string | null {
  const last = events.at(-1);
  return last && events.length >= limit ? String(last.seq) : null;
}

export function commentsIn(events: readonly TaskEvent[]): Comment[] {
  return events.flatMap((event): Comment[] => {
    if (event.custom) return [];
    const { seq, at } = event;
    if (event.type === "human.commented")
      return [{ seq, at, by: event.data.by, text: event.data.text, scope: scopeOf(event.data.scope) }];
    if (event.type === "human.acted" && event.data.comment !== null)
      return [{ seq, at, by: event.data.by, text: event.data.comment, scope: scopeOf(event.data.scope) }];
    return [];
  });
}

/** `isFirst` and `isLast`: whether the page begins with the submit, and ends with the task's end. */
export function historyOf(
  task: Task,
  events: readonly TaskEvent[],
  { isFirst, isLast }: { isFirst: boolean; isLast: boolean },
): HistoryEntry[] {
  const plain = { outcome: null, comment: null, to: [] };
  const entries: HistoryEntry[] = [];
  let state = "assigned";
  if (isFirst) entries.push({ ...plain, seq: 1, at: task.createdAt, by: task.user, act: "submit", state });
  let acted: KnownEvent<"human.acted"> | null = null;
  for (const event of events) {
    if (event.custom) continue;
    const { seq, at } = event;
    switch (event.type) {
      case "human.acted": {
        const { act, by, outcome, comment, to } = event.data;
        state = event.data.state;
        acted = event;
        entries.push({ seq, at, by, act: ACTS.get(act) ?? "save", state, outcome, comment, to });
        break;
      }
      case "task.input_received":
        // The answer that came with an act is not a second entry.
        if (acted?.seq === seq - 1 && acted.data.act === "decide") break;
        entries.push({ ...plain, seq, at, by: event.data.by, act: "answer", state });
        break;
      case "human.overdue":
        entries.push({ ...plain, seq, at, by: "", act: "overdue", state, to: event.data.to });
        break;
      case "human.commented":
        entries.push({ ...plain, seq, at, by: event.data.by, act: "comment", state, comment: event.data.text });
        break;
      case "human.attached":
      case "human.detached":
        entries.push({
          ...plain,
          ...{ seq, at, by: event.data.by, state },
          act: event.type === "human.attached" ? "attach" : "detach",
          comment: event.data.name,
        });
        break;
    }
  }
  if (isLast && task.state === "timed_out")
    entries.push({
      ...plain,
      seq: task.lastSeq,
      at: task.endedAt ?? task.updatedAt,
      by: "",
      act: "expire",
      state: "expired",
    });
  return entries;
}

function scopeOf(text: string): RemarkScope {
  return REMARK_SCOPES.find((scope) => scope === text) ?? "task";
}
