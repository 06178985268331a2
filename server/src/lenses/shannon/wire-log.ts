/** A task's log as the lists of this wire tell it: without live text. */
import { TERMINAL_EVENTS } from "../../task/events/event.ts";
import type { Principal } from "../../task/principal.ts";
import type { Task } from "../../task/task.ts";
import { PAGE_LIMIT_MAX } from "../../task/task-filter.ts";
import type { Tasks } from "../../verbs/tasks.ts";
import { toldInTurns } from "../body/json-body.ts";
import { wireEventsOf } from "./events.ts";
import { isListed } from "./frames.ts";
import type { WireEvent } from "./schema.ts";

/** Oldest first. Reads on as far as its reader does. */
export async function* listedEvents(
  tasks: Pick<Tasks, "get" | "events">,
  principal: Principal,
  task: Task,
): AsyncGenerator<WireEvent> {
  let read = 0;
  while (true) {
    const page = await tasks.events(principal, task.id, read, PAGE_LIMIT_MAX);
    for (const event of page) {
      // The task may have ended after it was read.
      const ended = TERMINAL_EVENTS.has(event.type);
      const shown = ended && task.endedAt === null ? await tasks.get(principal, task.id) : task;
      yield* (await toldInTurns(() => wireEventsOf(event, shown))).filter(isListed);
      if (ended) return;
    }
    const last = page.at(-1);
    if (last === undefined) return;
    read = last.seq;
  }
}
