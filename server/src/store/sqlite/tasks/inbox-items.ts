/** Inputs of a task, from their rows. */
import { inboxItemOf, type Resolve } from "../../codec/rows.ts";
import { orDamaged } from "../../damage.ts";
import type { InboxItem } from "../../write.ts";
import { inPages } from "../in-pages.ts";

type Rows = { rows: unknown[][]; more: boolean };

/** All of its rows behind `after`, a page at a time. */
export function inboxItems(
  id: string,
  from: (after: number) => Promise<Rows>,
  resolve: Resolve,
  after = 0,
): Promise<InboxItem[]> {
  const itemOf = (row: unknown[]) => inboxItemOf(row, resolve);
  return orDamaged(`inbox of task ${id}`, () => inPages(from, itemOf, ({ n }) => n, after));
}

export function inboxItem(id: string, read: Promise<unknown[] | null>, resolve: Resolve): Promise<InboxItem | null> {
  return orDamaged(`inbox of task ${id}`, async () => {
    const row = await read;
    return row && (await inboxItemOf(row, resolve));
  });
}
