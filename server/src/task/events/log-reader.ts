/** Reads a log from its place on, without anything under way while there is nothing to read. */
import type { TaskEvent } from "./event.ts";

/** There is nothing more by now: whoever reads is told of news. */
export const LATER = Symbol("later");
/** There is nothing more, and nothing comes. */
export const ENDED = Symbol("ended");

export type LogRead = readonly TaskEvent[] | typeof LATER | typeof ENDED;

export interface LogReader {
  /** What comes next, at once where it is in memory. Throws at the first call, and later, where the log may not be read. */
  next(): LogRead | Promise<LogRead>;
  /** Reads no more, and hears of nothing. */
  close(): void;
}
