/**
 * Everything that a provider, its wire or its SDK package can do to a call, as one `ModelError`.
 * What the caller did itself (abort) and our own bounds (stall, size) are decided where they happen, not here.
 */

import { APICallError, InvalidResponseDataError, JSONParseError, TypeValidationError } from "@ai-sdk/provider";
import { z } from "zod";
import { ModelError, type ModelErrorCode } from "./model.ts";

/** An error frame inside a stream that began well, as the provider packages hand it on. */
const streamFailure = z.looseObject({
  message: z.string(),
  type: z.string().nullish(),
  code: z.union([z.string(), z.number()]).nullish(),
  statusCode: z.number().nullish(),
});

const messageCharsMax = 2_000;

/** The `ModelError` for whatever was thrown or streamed as an error. `now` reads a Retry-After that is a date. */
export function modelError(error: unknown, provider: string, now: number): ModelError {
  if (error instanceof ModelError) return error;
  if (APICallError.isInstance(error)) return fromResponse(error, provider, now);
  if (JSONParseError.isInstance(error) || TypeValidationError.isInstance(error)) {
    return new ModelError("bad_answer", `${provider} sent bytes that are not its protocol`, { cause: error });
  }
  if (InvalidResponseDataError.isInstance(error)) {
    // The package for compatible APIs reports a stream that ended too early as invalid data, with no data.
    return error.data === undefined
      ? cutStream(provider, error)
      : new ModelError("bad_answer", `${provider}: ${shortened(error.message)}`, { cause: error });
  }
  if (isNetworkFailure(error)) return cutStream(provider, error);
  const frame = streamFailure.safeParse(error);
  if (frame.success && !(error instanceof Error)) {
    const words = [frame.data.code, frame.data.type].join(" ").toLowerCase();
    const isTooLong = TOO_LONG.test(`${words} ${shortened(frame.data.message).toLowerCase()}`);
    const code = frame.data.statusCode == null ? codeOfWords(words) : codeOfStatus(frame.data.statusCode, words);
    return new ModelError(isTooLong ? "prompt_too_long" : code, `${provider}: ${shortened(frame.data.message)}`, {
      cause: error,
    });
  }
  return new ModelError("bad_answer", `${provider} answered in a way that could not be read`, { cause: error });
}

/** The stream ended before the provider said that it was finished. */
export function cutStream(provider: string, cause?: unknown): ModelError {
  return new ModelError("unavailable", `${provider} broke off in the middle of its answer`, { cause });
}

function fromResponse(error: APICallError, provider: string, now: number): ModelError {
  // Our own bound on the wire, wrapped by the package that read it.
  if (error.cause instanceof ModelError) return error.cause;
  const status = error.statusCode;
  if (status === undefined) {
    return new ModelError("unavailable", `${provider} cannot be reached: ${shortened(error.message)}`, {
      cause: error,
    });
  }
  if (status < 400) {
    const unreadable = JSONParseError.isInstance(error.cause) || TypeValidationError.isInstance(error.cause);
    return unreadable
      ? new ModelError("bad_answer", `${provider} sent bytes that are not its protocol`, { cause: error })
      : cutStream(provider, error);
  }
  const retryAfterMs = retryAfter(error.responseHeaders ?? {}, now);
  const said = shortened(error.message === "" ? (error.responseBody ?? "") : error.message);
  return new ModelError(
    codeOfStatus(status, (error.responseBody ?? "").slice(0, messageCharsMax).toLowerCase()),
    `${provider} answered ${status}${said === "" ? "" : `: ${said}`}`,
    { cause: error, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
  );
}

/** What providers call a prompt that is longer than the model can hold. Most send 400 with it, some 413 or 422. */
const TOO_LONG =
  /context_length|context (length|window|size|limit)|prompt is too long|(prompt|input|request)[^.]{0,40} (too long|too many tokens|exceeds?)|too many (input )?tokens|string too long|maximum (input|prompt) length/;

/** A spent quota is a 429 at OpenAI, but no wait mends it. */
function codeOfStatus(status: number, words: string): ModelErrorCode {
  if (words.includes("insufficient_quota")) return "refused";
  if ([400, 413, 422].includes(status) && TOO_LONG.test(words)) return "prompt_too_long";
  if (status === 429 || status === 529) return "rate_limited";
  if (status === 408 || status === 409 || status === 425 || status >= 500) return "unavailable";
  return "refused";
}

function codeOfWords(words: string): ModelErrorCode {
  if (words.includes("insufficient_quota")) return "refused";
  if (/rate_limit|overloaded|too_many/.test(words)) return "rate_limited";
  if (/invalid|authentication|permission|not_found|too_large/.test(words)) return "refused";
  return "unavailable";
}

/** `retry-after-ms`, or `retry-after` in seconds or as an HTTP date. */
function retryAfter(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const ms = headers["retry-after-ms"];
  if (ms !== undefined && /^\d{1,9}(\.\d+)?$/.test(ms)) return Math.ceil(Number(ms));
  const after = headers["retry-after"]?.trim();
  if (after === undefined) return undefined;
  if (/^\d{1,9}(\.\d+)?$/.test(after)) return Math.ceil(Number(after) * 1000);
  const date = Date.parse(after);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** undici throws a bare TypeError (`terminated`, `fetch failed`) when a connection breaks. */
function isNetworkFailure(error: unknown): boolean {
  return error instanceof TypeError && /^(terminated|fetch failed|network error)/i.test(error.message);
}

function shortened(text: string): string {
  return text.length <= messageCharsMax ? text : `${text.slice(0, messageCharsMax)}…`;
}
