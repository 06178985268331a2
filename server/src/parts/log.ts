/** The log of a server: lines of JSON on standard error. */
import { type Logger, pino } from "pino";
import type { Config } from "../config.ts";

/** What the log may hold back while nobody takes it: what is more is dropped. */
const LOG_BYTES_MAX = 1 << 20;

/** A log that cannot be written, as on a full disk, stops nothing. */
export function logger({ logLevel }: Config): Logger {
  const out = pino.destination({ fd: 2, sync: true, maxLength: LOG_BYTES_MAX });
  out.on("error", () => {});
  return pino({ level: logLevel, base: null }, out);
}
