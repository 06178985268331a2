/** Open tasks from the rows of a page. Unreadable ones are left out, and the page is filled up with the next ones. */
import { type OpenTask, openTask } from "../../../task/open-task.ts";
import type { Task } from "../../../task/task.ts";
import { openTaskOf } from "../../codec/task-row.ts";
import { type DamageLog, foundRow } from "../../damage.ts";
import type { OpenRows } from "./open-reads.ts";

type Source<Place> = {
  pageFrom: (after: Place, limit: number) => Promise<OpenRows<Place>>;
  damage: DamageLog;
  readable: (id: string) => Promise<Task | null>;
};

export async function openedTasks<Place>({ pageFrom, damage, readable }: Source<Place>, after: Place, limit: number) {
  const tasks: OpenTask[] = [];
  let unread = false;
  for (let from = after; ; ) {
    const wanted = limit - tasks.length;
    const page = await pageFrom(from, wanted);
    for (const { place, id, row, aside } of page.rows) {
      from = place;
      if (aside) continue;
      // The columns repeat fields of the record.
      const task = damage.orLeftOut(`task ${id}`, () => openTaskOf(foundRow(row))) ?? (await readable(id));
      if (task) tasks.push("ready" in task ? task : openTask(task));
      else unread = true;
    }
    if (page.rows.length < wanted && !page.more) return { tasks, unread, next: null };
    if (tasks.length >= limit) return { tasks, unread, next: from };
  }
}
