/** What a kind's own code says for whoever looks after it: a line of the server's log at once, and an event of its task. */
import type { JsonObject } from "../json/json.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** `step` is the one whose body says it; absent outside of any. */
export type LogLine = { level: LogLevel; message: string; facts: JsonObject; step?: string };

/**
 * Never throws, and never fails a task. A message is cut at 4,000 characters, facts that are larger than 4,000 characters of
 * JSON to their beginning. Facts are JSON, and errors anywhere in it: of each its name, message, code, cause and stack are
 * told. A task keeps its first 1,000 lines; the server's log has all of them.
 */
export type Log = Readonly<Record<LogLevel, (message: string, facts?: object) => void>>;

export function logOf(write: (level: LogLevel, message: unknown, facts: unknown) => void): Log {
  const at = (level: LogLevel) => (message: string, facts?: object) => write(level, message, facts);
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
