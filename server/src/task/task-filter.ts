/** Which tasks a list shows, and which page of it. */
import type { InputAsk } from "./states.ts";
import type { Task } from "./task.ts";

export type TaskFilter = {
  states?: readonly Task["state"][];
  kinds?: readonly string[];
  conversation?: string;
  parent?: string;
  /** Those that ask a person now, whatever else they do meanwhile, and also while they are paused. */
  asks?: true;
  createdFrom?: number;
  createdBefore?: number;
  /** Words that the title or the input must hold, all of them. */
  text?: string;
  /** Exact values of top-level metadata keys. */
  metadata?: Record<string, string>;
};

/**
 * Newest first. `offset` for APIs that page so; `cursor` (from `next`) for those that do not want gaps. With `whole`, values
 * of up to 64 KB are whole; else those of up to 2,000 bytes.
 */
export type Page = { limit: number; offset?: number; cursor?: string; whole?: boolean };
export const PAGE_LIMIT_MAX = 200;

/**
 * A page of a list by creation time, then id: after one item of it or before one, exclusive. It throws `invalid`, naming
 * the field, for an item that the list has not.
 */
export type ListPage = { limit: number; order: "asc" | "desc"; after?: string; before?: string };

/** Where an item stands in such a list. */
export type ListPlace = { createdAt: number; id: string; key: string };

/** A page that may also go on beyond a place, whether or not there is still an item. */
export type PlacedPage = ListPage & { beyond?: ListPlace };

export type TaskList = {
  tasks: Task[];
  total: number;
  /** Cursor of the next page; null on the last. */
  next: string | null;
};

/** Which tasks a list by their last change of state shows; a paused one is in the state that it resumes as. */
export type LatestFilter = {
  states?: readonly Task["state"][];
  /** What the oldest open question asks, or asks not. */
  asks?: { is: InputAsk } | { not: InputAsk };
  conversation?: string;
  /** Unix milliseconds, inclusive. */
  changedFrom?: number;
};

/** Where a task stands in such a list. */
export type LatestPlace = { changedAt: number; id: string };

/**
 * A page of such a list with the total of all pages. Its tasks are read as they are asked for, so that whoever has enough
 * stops: `next` is the place behind each, null behind the last of the list. One that cannot be read is null.
 */
export type LatestPage = { tasks: AsyncIterable<{ task: Task | null; next: LatestPlace | null }>; total: number };
