import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import type { ListPage, PlacedPage } from "../../task/task-filter.ts";
import { longList } from "./lists.ts";

const ITEMS = Array.from({ length: 1_000 }, (_, at) => ({ createdAt: at, id: `id-${at}`, key: `key-${at}` }));

/** Of `ITEMS`, oldest first. */
async function slice({ limit, after, before, beyond }: PlacedPage) {
  const at = (id: string | undefined) => ITEMS.findIndex((item) => item.id === id);
  const end = before === undefined ? ITEMS.length : at(before);
  const from = before === undefined ? at(beyond?.id ?? after) + 1 : Math.max(0, end - limit);
  const items = ITEMS.slice(from, Math.min(end, from + limit));
  return { items, more: before === undefined ? from + limit < ITEMS.length : from > 0 };
}

async function listed(page: Omit<ListPage, "order">, read = slice) {
  const answer = await longList({ ...page, order: "asc" }, read, ({ id }) => ({ id }));
  const file: Readable | undefined = answer.file;
  const { data, ...ends } = JSON.parse(file ? await text(file) : "");
  return { count: data.length, first: data[0]?.id, last: data.at(-1)?.id, ...ends };
}

test("a long list is read some at a time and is whole, with its ends and whether it goes on behind it", async () => {
  const asked: number[] = [];
  const read = (page: PlacedPage) => {
    asked.push(page.limit);
    return slice(page);
  };
  expect(await listed({ limit: 10_000 }, read)).toEqual({
    ...{ count: 1_000, first: "id-0", last: "id-999" },
    ...{ object: "list", first_id: "id-0", last_id: "id-999", has_more: false },
  });
  expect(asked.length).toBeGreaterThan(3);
  expect(Math.max(...asked)).toBeLessThan(1_000);
  expect(await listed({ limit: 500, after: "id-99" })).toMatchObject({ first: "id-100", count: 500, has_more: true });
  expect(await listed({ limit: 500, before: "id-700" })).toMatchObject({ first: "id-200", last: "id-699", count: 500 });
});

test("an empty one has no ends", async () => {
  const empty = async () => ({ items: [], more: false });
  expect(await listed({ limit: 20 }, empty)).toMatchObject({ count: 0, first_id: null, last_id: null });
});

test("a cursor that is none is refused before anything is answered", async () => {
  const read = () => Promise.reject(new Error("no such cursor"));
  await expect(longList({ limit: 20, order: "asc", after: "x" }, read, (item) => item)).rejects.toThrow("no such");
});
