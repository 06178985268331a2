/** What comes back over a line: an answer, or why there is none, as the error that a caller sees. */
import { z } from "zod";
import { Refusal } from "../../task/errors.ts";
import { isDiskTrouble } from "./disk-trouble.ts";

/** How long a full disk is given before it is worth asking again. */
const DISK_RETRY_AFTER_S = 10;

const answer = z.union([
  z.strictObject({ answer: z.unknown() }),
  z.strictObject({ error: z.strictObject({ code: z.string(), message: z.string() }) }),
]);
const reply = z.union([
  z.strictObject({ reply: z.unknown() }),
  z.strictObject({ refusal: z.strictObject({ code: z.literal("invalid"), message: z.string(), field: z.string() }) }),
]);

export function answerOf(received: unknown): unknown {
  const parsed = answer.parse(received);
  if ("answer" in parsed) return parsed.answer;
  throw errorOf(parsed.error.code, parsed.error.message);
}

export function replyOf(received: unknown): unknown {
  const parsed = reply.parse(received);
  if ("reply" in parsed) return parsed.reply;
  const { code, message, field } = parsed.refusal;
  throw new Refusal(code, message, { field });
}

/** Turns an error of the disk into the refusal that says so. */
export async function unlessDiskTrouble<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof Error && "code" in error ? errorOf(String(error.code), error.message, error) : error;
  }
}

function errorOf(code: string, message: string, cause?: Error): Error {
  if (!isDiskTrouble(code)) return cause ?? new Error(code === "" ? message : `${message} (${code})`);
  const refusal = new Refusal("unavailable", `The disk does not take it: ${message}. Nothing was kept; try again.`, {
    retryAfterS: DISK_RETRY_AFTER_S,
  });
  if (cause) refusal.cause = cause;
  return refusal;
}
