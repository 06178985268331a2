/**
 * What crosses between the caller's thread and a thread of the store: calls of named verbs, and their outcomes, as JSON. A
 * table of verbs types both ends: each verb takes one value and answers with one.
 */
import { type ErrorCode, Refusal, type RefusalDetail } from "../../../task/errors.ts";
import { Damaged, notKept } from "../../damage.ts";
import { diskRefusal, isDiskTrouble } from "../../disk-trouble.ts";
import { isOfACount, isOfDamage } from "../database.ts";

export type Given<Verbs, Name extends keyof Verbs> = Verbs[Name] extends (given: infer Value) => unknown
  ? Value
  : never;
export type Answer<Verbs, Name extends keyof Verbs> = Verbs[Name] extends (given: never) => infer Value ? Value : never;

/** A call as it arrives: both ends are one program, so what it carries was typed by the table when it was sent. */
export type Call = [name: string, given: never];

/**
 * The answer, or why there is none: what the caller asked for is wrong, or the database could not. It may bring more: `isLogLong`
 * says that the writer has left a log that is to be written back.
 */
export type Outcome<Value = unknown> = (
  | { answer: Value }
  | { refused: { code: ErrorCode; message: string; detail: RefusalDetail } }
  | { damaged: { what: string; says: string; isOfPage: boolean } }
  | { damagedEnd: string | null }
  | { error: { code: string; message: string } }
) & { slow?: SlowCall; isLogLong?: true };

/** A call that its thread worked on for long. `rows` are those of its answer, null where it has none. */
export type SlowCall = { call: string; ms: number; rows: number | null };

const WRONG_COUNT = "WRONG_COUNT";

/** Calls that take less are not logged: an operator looks for the reason of seconds. */
export const SLOW_CALL_MS = 250;

/** The outcome of a call, with its time where it took `slowMs`. */
export function timed(name: string, slowMs: number, work: () => Outcome): Outcome {
  const from = performance.now();
  const outcome = work();
  const ms = performance.now() - from;
  return ms < slowMs ? outcome : { ...outcome, slow: { call: name, ms: Math.round(ms), rows: rowsOf(outcome) } };
}

/** An answer is an array of rows, or an object with such arrays. */
function rowsOf(outcome: Outcome): number | null {
  if (!("answer" in outcome)) return null;
  const { answer } = outcome;
  if (Array.isArray(answer)) return answer.length;
  if (typeof answer !== "object" || answer === null) return null;
  const lists = Object.values(answer).filter(Array.isArray);
  return lists.length === 0 ? null : Math.max(...lists.map(({ length }) => length));
}

export function answerTo(verbs: { readonly [name: string]: (given: never) => unknown }, [name, given]: Call): unknown {
  const verb = verbs[name];
  if (!verb) throw new Error(`There is no verb ${name}.`);
  return verb(given);
}

export function failedOutcome(error: unknown): Outcome<never> {
  if (error instanceof Refusal) {
    const { code, message, detail } = error;
    return { refused: { code, message, detail } };
  }
  if (error instanceof Damaged)
    return { damaged: { what: error.what, says: messageOf(error.cause), isOfPage: isOfDamage(error) } };
  const own = error instanceof Error && "code" in error ? String(error.code) : "";
  const code = isOfACount(error) ? WRONG_COUNT : own;
  return { error: { code, message: messageOf(error) } };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Returns the answer, or throws the error that it stands for. */
export function answerOf<Value>(outcome: Outcome<Value>): Value {
  if ("answer" in outcome) return outcome.answer;
  if ("refused" in outcome) throw new Refusal(outcome.refused.code, outcome.refused.message, outcome.refused.detail);
  if ("damaged" in outcome) throw new Damaged(outcome.damaged.what, new Error(outcome.damaged.says));
  if ("damagedEnd" in outcome) throw notKept(outcome.damagedEnd);
  const { code, message } = outcome.error;
  if (isDiskTrouble(code)) throw diskRefusal(message);
  throw new Error(code === "" ? message : `${message} (${code})`);
}

/** Whether the call has met a damaged page or a wrong count. */
export function isOfDamagedPage(outcome: Outcome): boolean {
  if ("damaged" in outcome) return outcome.damaged.isOfPage;
  if ("damagedEnd" in outcome) return true;
  if (!("error" in outcome)) return false;
  const { code } = outcome.error;
  return code === WRONG_COUNT || code.startsWith("SQLITE_CORRUPT");
}
