/** Cursors of lists by creation time: the place that a page has come to. An item may go meanwhile, and the list goes on. */
import { z } from "zod";
import { Refusal } from "../../task/errors.ts";
import type { ListPlace, PlacedPage } from "../../task/task-filter.ts";

const place = z.tuple([z.int(), z.string(), z.string()]);

/** Newest first. Throws `invalid` for a cursor that no list has given. */
export function pageOf({ limit, cursor }: { limit: number; cursor?: string | undefined }): PlacedPage {
  return { limit, order: "desc", ...(cursor !== undefined && { beyond: placeIn(cursor) }) };
}

/** Null on the last page. */
export function nextCursor(last: ListPlace | undefined, more: boolean): string | null {
  if (!more || last === undefined) return null;
  return Buffer.from(JSON.stringify([last.createdAt, last.id, last.key])).toString("base64url");
}

function placeIn(cursor: string): ListPlace {
  try {
    const [createdAt, id, key] = place.parse(JSON.parse(Buffer.from(cursor, "base64url").toString()));
    return { createdAt, id, key };
  } catch {
    throw new Refusal("invalid", "This cursor was given by no list: send the `next_cursor` of the page before.", {
      field: "query.cursor",
    });
  }
}
