/** Events of a task's log, from their rows. */
import type { TaskEvent } from "../../../task/events/event.ts";
import { eventOf, type Resolve } from "../../codec/rows.ts";
import { orDamaged } from "../../damage.ts";

export function eventsOf(id: string, read: Promise<{ rows: unknown[][] }>, resolve: Resolve): Promise<TaskEvent[]> {
  return orDamaged(`log of task ${id}`, async () => {
    const { rows } = await read;
    return await Promise.all(rows.map((row) => eventOf(id, row, resolve)));
  });
}
