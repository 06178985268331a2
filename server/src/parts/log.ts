/** The log of a server: lines of JSON on standard error. */

import { type Logger, pino } from "pino";
import type { Config } from "../config.ts";
import { errorOf, failureOf, stackOf } from "../engine/execution/failure.ts";
import { secretsOf, withoutSecrets } from "../task/text/redaction.ts";

/** Bytes that the log holds back while nobody reads it: more is dropped. */
const LOG_BYTES_MAX = 1 << 20;
/** Characters of one error with its causes and fields. */
const ERROR_CHARACTERS_MAX = 64_000;
const ERRORS_MAX = 100;

/** A log that cannot be written, as on a full disk, stops nothing, nor does an error that cannot be read. */
export function logger({ logLevel, models }: Pick<Config, "logLevel" | "models">): Logger {
  const out = pino.destination({ fd: 2, sync: true, maxLength: LOG_BYTES_MAX });
  out.on("error", () => {});
  const configured = Object.values(models.providers ?? {}).flatMap(({ apiKey, headers = {} }) => [
    ...(apiKey === undefined ? [] : [apiKey]),
    ...Object.values(headers),
  ]);
  const known = [...new Set([...configured, ...secretsOf(process.env)])];
  const shown = { write: (line: string) => out.write(withoutSecrets(line, known)) };
  return pino({ level: logLevel, base: null, serializers: { err: shownError } }, shown);
}

/**
 * An error as pino shows it, with its fields and causes. Handlers throw anything: of a value that is no error, or that throws when it
 * is looked at, as much as can be told.
 */
function shownError(thrown: unknown): object {
  const error = errorOf(thrown);
  const short = () => {
    const stack = stackOf(error);
    return { ...failureOf(thrown), ...(stack !== null && { stack }) };
  };
  if (error !== thrown) return short();
  try {
    // A list may claim any length: to go through four thousand million holes takes minutes.
    if (error instanceof AggregateError && error.errors.length > ERRORS_MAX) return short();
    const shown = pino.stdSerializers.errWithCause(error);
    // A line that is too long would be dropped as a whole.
    return JSON.stringify(shown).length > ERROR_CHARACTERS_MAX ? short() : shown;
  } catch {
    return short();
  }
}
