/** A page of a list in the form of this wire. */
import { z } from "zod";
import type { Link, Links } from "./links.ts";

export const collection = z.object({
  count: z.int(),
  hasMore: z.boolean(),
  items: z.array(z.looseObject({})),
  limit: z.int(),
  offset: z.int(),
  totalResult: z.int(),
  links: z.array(z.looseObject({})).optional(),
  userLink: z.looseObject({}).optional(),
});

/** All of something, in the shape of a page. */
export function whole<Item extends object>(items: readonly Item[]) {
  const count = items.length;
  return { count, hasMore: false, items, limit: count, offset: 0, totalResult: count };
}

type Stand = { offset: number; size: number; hasMore: boolean };

/** Links to the pages of the list that `search` asks for, with its filters and order; `back` leads to the owner of the list. */
export function pageLinks(links: Links, path: string, search: string, { offset, size, hasMore }: Stand): Link[] {
  const at = (rel: string, from: number) => {
    const query = new URLSearchParams(search);
    query.set("limit", String(size));
    query.set("offset", String(from));
    return links.to(rel, `${path}?${query}`);
  };
  return [
    at("self", offset),
    links.to("back", path.split("/", 2).join("/")),
    ...(hasMore ? [at("next", offset + size)] : []),
    ...(offset > 0 ? [at("prev", Math.max(0, offset - size))] : []),
  ];
}
