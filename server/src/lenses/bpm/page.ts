/** A page of a list, as this wire has every list. */
import { z } from "zod";

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
