/** `limit` and `offset` of a query. */
import { Refusal } from "../../task/errors.ts";

export type Paging = { limit: number; offset: number };
type Bounds = { limit: number; limitMax: number };

const OFFSET_MAX = 10_000_000;

export function paging(query: Record<string, string>, { limit, limitMax }: Bounds): Paging {
  return {
    limit: within(query["limit"], limit, 1, limitMax) ?? refuse("Invalid limit parameter"),
    offset: within(query["offset"], 0, 0, OFFSET_MAX) ?? refuse("Invalid offset parameter"),
  };
}

/** For the one list that takes what it cannot read for the default. */
export function lenientPaging(query: Record<string, string>, { limit, limitMax }: Bounds): Paging {
  return {
    limit: within(query["limit"], limit, 1, limitMax) ?? limit,
    offset: within(query["offset"], 0, 0, OFFSET_MAX) ?? 0,
  };
}

/** The whole number, its default where there is none, null where it is out of range or no number. */
function within(given: string | undefined, absent: number, min: number, max: number): number | null {
  if (given === undefined || given === "") return absent;
  const value = /^\d{1,12}$/.test(given) ? Number(given) : Number.NaN;
  return value >= min && value <= max ? value : null;
}

function refuse(text: string): never {
  throw new Refusal("invalid", text);
}
