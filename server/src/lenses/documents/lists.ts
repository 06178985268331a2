/** Lists: what a client asks of one, and how a page of one looks. */
import { z } from "zod";
import { Refusal } from "../../task/errors.ts";
import type { JsonObject } from "../../task/json/json.ts";
import type { ListPage, ListPlace, PlacedPage } from "../../task/task-filter.ts";
import { jsonWithList } from "../body/json-list.ts";
import { firstParam, wholeParam, wholeWire } from "../paging.ts";
import type { Answer } from "../route.ts";
import { JSON_TYPE } from "../route.ts";

const ID_LENGTH_MAX = 255;

/** `limit`, `order`, `after` and `before` of a list. */
export function listParams({ usual, max }: { usual: number; max: number }) {
  const bounds = { min: 1, max, usual };
  const cursor = firstParam(z.string().max(ID_LENGTH_MAX).optional(), { type: "string" });
  return {
    limit: firstParam(wholeParam(bounds), wholeWire(bounds)),
    order: firstParam(z.enum(["asc", "desc"]).default("desc"), {
      type: "string",
      enum: ["asc", "desc"],
      default: "desc",
    }),
    after: cursor.describe("An id: what comes after it in the order of the list"),
    before: cursor.describe("An id: what comes before it"),
  };
}

type Asked = { limit: number; order: "asc" | "desc"; after?: string | undefined; before?: string | undefined };

export function pageOf({ limit, order, after, before }: Asked): ListPage {
  if (after !== undefined && before !== undefined)
    throw new Refusal("invalid", "after and before cannot both be given.", { field: "before" });
  return { limit, order, ...(after !== undefined && { after }), ...(before !== undefined && { before }) };
}

export function listObject<Item extends { id: string }>(data: readonly Item[], more: boolean) {
  return { object: "list", data, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null, has_more: more };
}

/** The same of items that are JSON text already. */
export function listBytes(items: readonly { id: string; text: string }[], more: boolean): Answer {
  const { data: _, ...rest } = listObject(items, more);
  const { object, ...ends }: JsonObject = rest;
  const tail = JSON.stringify(ends).slice(1);
  const text = `{"object":${JSON.stringify(object)},"data":[${items.map(({ text }) => text).join(",")}],${tail}`;
  return { status: 200, bytes: Buffer.from(text), headers: { "content-type": JSON_TYPE, "cache-control": "no-store" } };
}

/** What of a long list is in memory at once. */
const AT_ONCE = 200;

/**
 * A list that may be as long as `page` wants, sent as it is read from the store. What is wrong with its cursor is thrown
 * before the answer begins. A page that ends before an item is read whole: it is known by its end alone.
 */
export async function longList<Item extends ListPlace>(
  page: ListPage,
  read: (page: PlacedPage) => Promise<{ items: Item[]; more: boolean }>,
  show: (item: Item) => object | Promise<object>,
): Promise<Answer> {
  const isKnownByEnd = page.before !== undefined;
  const part = async (rest: PlacedPage) =>
    read(isKnownByEnd ? rest : { ...rest, limit: Math.min(rest.limit, AT_ONCE) });
  let slice = await part(page);
  const firstId = slice.items[0]?.id ?? null;
  let lastId: string | null = null;
  async function* items() {
    for (let left = page.limit; ; ) {
      for (const item of slice.items) yield await show(item);
      const last = slice.items.at(-1);
      lastId = last?.id ?? lastId;
      left -= slice.items.length;
      if (!slice.more || left <= 0 || isKnownByEnd || !last) return;
      const beyond = { createdAt: last.createdAt, id: last.id, key: last.key };
      slice = await part({ limit: left, order: page.order, beyond });
    }
  }
  const around = (data: string) => ({
    object: "list",
    data,
    first_id: firstId,
    last_id: lastId,
    has_more: slice.more,
  });
  return { status: 200, file: jsonWithList(around, items()), headers: { "content-type": JSON_TYPE } };
}
