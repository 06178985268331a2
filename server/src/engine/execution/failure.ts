/**
 * What a thrown value says of a failure: its code and message, whether another try makes sense, and when. A handler may
 * throw anything, also what cannot be read: the answer is always one that can be written.
 */
import { type ErrorCode, Refusal } from "../../task/errors.ts";
import { StepError, TaskFailure } from "../../task/handler.ts";
import type { JsonObject } from "../../task/json/json.ts";
import type { Failure, Task } from "../../task/task.ts";
import { secretsOf, withoutSecrets } from "../../task/text/redaction.ts";
import { namedDeadline } from "../../task/time-limit.ts";
import { shownValue, traceOf } from "./error-trace.ts";
import { BAD_VALUE, BadValue, msOf } from "./handed-over.ts";

const UNREADABLE = "The handler threw something that cannot be read.";
const CODE_CHARACTERS_MAX = 128;
/** A message lies in the task's own row: what a provider answers may be a whole page. */
const MESSAGE_CHARACTERS_MAX = 16_000;
const FIELDS_NAMED_MAX = 10;
/** Of an error in a line of the log, all of which may have 4,000. */
const STACK_LOGGED_MAX = 2_500;
const MESSAGE_LOGGED_MAX = 500;
const CAUSES_LOGGED_MAX = 3;
/** Of what says none of its own. */
const HANDLER_ERROR = "handler_error";
/** Of a key in several lines. */
const SECRET_CHARACTERS_MAX = 8_000;

/** Refusals of what is taken a moment later: a store that is busy or full must not cost a step its result. */
const LATER: ReadonlySet<string> = new Set<ErrorCode>(["unavailable", "rate_limited"]);

export type Reason = {
  failure: Failure;
  retryable: boolean;
  /** Milliseconds that the other side asked to be left alone. */
  retryAfterMs: number | undefined;
};

/** `what` is whose error it is: `Step "fetch"`. */
export function reasonOf(what: string, thrown: unknown): Reason {
  const error = errorOf(thrown);
  const failure = failureOf(error);
  try {
    const isRefusal = error instanceof Refusal && !LATER.has(error.code);
    const isFinal = isRefusal || error instanceof TaskFailure || failure.code === BAD_VALUE;
    const retryable = !isFinal && property(error, "retryable") !== false;
    const asked = error instanceof Refusal ? laterMs(error) : property(error, "retryAfterMs");
    const retryAfterMs = typeof asked === "number" ? msOf("its error's retryAfterMs", asked) : undefined;
    return { failure, retryable, retryAfterMs };
  } catch (bad) {
    const message = text(`${what} failed with "${failure.message}", and ${failureOf(bad).message}`, "");
    return { failure: { code: BAD_VALUE, message }, retryable: false, retryAfterMs: undefined };
  }
}

/** Whoever asks to be left alone until after the task's deadline is not waited for: the deadline would hide what failed. */
export function inTime(reason: Reason, task: Task, now: number): Reason {
  const { failure, retryAfterMs } = reason;
  const deadline = namedDeadline(task);
  if (!reason.retryable || retryAfterMs === undefined || deadline === null || now + retryAfterMs < deadline)
    return reason;
  const wish = `It asks to be tried again in ${Math.ceil(retryAfterMs / 1_000)} s, which is after the task's deadline.`;
  return {
    failure: { ...failure, message: text(`${failure.message} ${wish}`, "") },
    retryable: false,
    retryAfterMs: undefined,
  };
}

/** Where in the code it was thrown, and what caused it; null for what a handler says in words of its own. */
export function stackOf(thrown: unknown): string | null {
  try {
    if (thrown instanceof StepError) return thrown.bodyStack;
    if (!(thrown instanceof Error) || isInOwnWords(thrown)) return null;
    return traceOf(thrown, discreet);
  } catch {
    return null;
  }
}

/** An error as a line of the log tells it. What is longest comes last, as a line that is too long is cut there. */
export function factsOfError(error: Error): JsonObject {
  const stack = traceOf(error, discreet)?.slice(0, STACK_LOGGED_MAX);
  return { ...wordsWithCauses(error, CAUSES_LOGGED_MAX), ...(stack !== undefined && { stack }) };
}

function wordsWithCauses(error: Error, causes: number): JsonObject {
  const { code, message } = failureOf(error);
  const words = {
    name: text(property(error, "name"), "Error"),
    ...(code !== HANDLER_ERROR && { code }),
    message: message.slice(0, MESSAGE_LOGGED_MAX),
  };
  const { cause } = error;
  return cause === undefined || causes === 0 ? words : { ...words, cause: wordsWithCauses(errorOf(cause), causes - 1) };
}

/** It says all that there is to say: nobody has to look for it in the code. */
export function isInOwnWords(error: Error): boolean {
  return error instanceof TaskFailure || error instanceof Refusal;
}

function laterMs({ detail: { retryAfterS } }: Refusal): number | undefined {
  return retryAfterS === undefined ? undefined : retryAfterS * 1_000;
}

/** What was thrown, as an error: not even the kind of a proxy that was closed can be told. */
export function errorOf(thrown: unknown): Error {
  try {
    if (thrown instanceof Error) return thrown;
    const { code, message } = failureOf(thrown);
    const rest = { retryable: property(thrown, "retryable"), retryAfterMs: property(thrown, "retryAfterMs") };
    const made = Object.assign(new Error(message), { code, ...rest });
    // Its own stack would lead here. Callers read the message, and only some the stack.
    const stack = property(thrown, "stack");
    if (typeof stack === "string") made.stack = stack;
    // Hidden here, as a secret of several lines that is within a text within a line of the log is no longer known.
    else if (typeof thrown === "object" && thrown !== null)
      made.stack = discreet(`${message}\n${shownValue(thrown)}`, MESSAGE_CHARACTERS_MAX);
    else delete made.stack;
    return made;
  } catch {
    const made = new Error(UNREADABLE);
    delete made.stack;
    return made;
  }
}

export function failureOf(error: unknown): Failure {
  try {
    if (error instanceof StepError || error instanceof TaskFailure) return written(error.failure);
    return written({ code: property(error, "code"), message: wordsOf(error) });
  } catch {
    return { code: HANDLER_ERROR, message: UNREADABLE };
  }
}

/** `Promise.any` and connections that find nobody gather errors without a word of their own. */
const GATHERED_MAX = 3;

function wordsOf(thrown: unknown): string {
  if (typeof thrown === "string") return thrown;
  if (thrown instanceof AggregateError && thrown.message === "")
    return thrown.errors.slice(0, GATHERED_MAX).map(wordsOf).join("; ") || thrown.name;
  if (thrown instanceof Error) return thrown.message || thrown.name;
  const own = property(thrown, "message");
  if (typeof own === "string" && own !== "") return own;
  if (typeof thrown === "function") return "No error, but a function was thrown.";
  if (typeof thrown !== "object" || thrown === null) return `No error, but ${String(thrown)} was thrown.`;
  const names = Object.keys(thrown).slice(0, FIELDS_NAMED_MAX);
  const fields = names.length === 0 ? "" : ` with the fields ${names.join(", ")}`;
  return `No error, but an object${fields} was thrown.`;
}

/** A failure of a handler's own making, as it can be written. */
function written({ code, message, step }: { code: unknown; message: unknown; step?: unknown }): Failure {
  return {
    code: text(code, HANDLER_ERROR).slice(0, CODE_CHARACTERS_MAX).toWellFormed(),
    message: text(message, "no reason was given"),
    ...(typeof step === "string" && { step: text(step, "") }),
  };
}

function text(given: unknown, otherwise: string): string {
  if (typeof given !== "string" || given === "") return otherwise;
  const shown = discreet(given, MESSAGE_CHARACTERS_MAX);
  return given.length <= MESSAGE_CHARACTERS_MAX ? shown : `${shown}…`;
}

/**
 * Callers read it, who have no part in what the process was given. A configuration sets variables, too. A secret that stands
 * where it is cut is hidden before.
 */
function discreet(said: string, charactersMax: number): string {
  const shown = withoutSecrets(said.slice(0, charactersMax + SECRET_CHARACTERS_MAX), secretsOf(process.env));
  return shown.slice(0, charactersMax).toWellFormed();
}

function property(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

/** A call was refused what it wanted to write, and would be again. */
export function refusedWrite(what: string, error: unknown): Failure {
  const { code, message } = failureOf(error);
  const isOfTheValue = error instanceof BadValue || code === "invalid" || code === "too_large";
  return { code: isOfTheValue ? BAD_VALUE : "internal", message: text(`${what} could not be written: ${message}`, "") };
}
