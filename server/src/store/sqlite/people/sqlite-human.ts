/** Worklists, and what people have added to tasks, over the channels to whoever reads. */
import type { TaskEvent } from "../../../task/events/event.ts";
import type { Attachment } from "../../../task/people/human.ts";
import { attachmentOf, workCountOf } from "../../codec/human-rows.ts";
import * as rows from "../../codec/rows.ts";
import { orDamaged } from "../../damage.ts";
import type { HumanStore, WorkCount, WorkFilter, WorkOrder } from "../../human-store.ts";
import { listedTasks } from "../tasks/listed-tasks.ts";
import type { Channels } from "../thread/channels.ts";

type Parts = Omit<Channels, "writes"> & { resolve: rows.Resolve };

export class SqliteHuman implements HumanStore {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async worklist(filter: WorkFilter, page: { limit: number; offset: number; order: readonly WorkOrder[] }) {
    const found = await this.#parts.searches.send("worklist", { filter, ...page });
    return { tasks: listedTasks(found.rows, this.#parts.damage), total: found.total };
  }

  async workCounts(filter: WorkFilter, now: number): Promise<WorkCount[]> {
    const { searches, damage } = this.#parts;
    const counts = await searches.send("workCounts", { filter, now });
    return counts.flatMap((row) => damage.orLeftOut("numbers of work items", () => workCountOf(row)) ?? []);
  }

  attachments(id: string): Promise<Attachment[]> {
    return orDamaged(`attachments of task ${id}`, async () =>
      (await this.#parts.reads.send("attachments", { id })).map(attachmentOf),
    );
  }

  humanEvents(id: string, after: number, limit: number): Promise<TaskEvent[]> {
    return orDamaged(`log of task ${id}`, async () => {
      const found = await this.#parts.searches.send("humanEvents", { id, after, limit });
      return await Promise.all(found.rows.map((row) => rows.eventOf(id, row, this.#parts.resolve)));
    });
  }
}
