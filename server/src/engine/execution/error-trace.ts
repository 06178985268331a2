/**
 * Where a thrown value comes from, for whoever looks after the code: the stack of an error, of what caused it and of the errors
 * that it gathers, from the outside in; of what is no error, what it holds.
 */
import { inspect } from "node:util";
import { StepError } from "../../task/handler.ts";

/** Of one chain; a cause may lead back to where it began. */
const ERRORS_MAX = 10;
const CHARACTERS_MAX = 8_000;
/** Beside others: what caused an error says more than its deepest frames. */
const CHARACTERS_BESIDE_MAX = 3_000;

type Told = { lead: string; text: string };

/** Null where nothing is known. Never throws. */
export function traceOf(thrown: unknown): string | null {
  const told: Told[] = [];
  tell(thrown, "", told, new Set());
  const most = told.length > 1 ? CHARACTERS_BESIDE_MAX : CHARACTERS_MAX;
  const trace = told.map(({ lead, text }) => `${lead}${text.slice(0, most)}`).join("\n");
  return trace === "" ? null : trace.slice(0, CHARACTERS_MAX);
}

function tell(thrown: unknown, lead: string, told: Told[], seen: Set<unknown>): void {
  if (seen.has(thrown) || seen.size >= ERRORS_MAX) return;
  seen.add(thrown);
  try {
    const text = ownTextOf(thrown);
    if (text !== null && text !== "") told.push({ lead, text });
    if (!(thrown instanceof Error)) return;
    if (thrown instanceof AggregateError)
      for (const each of thrown.errors.slice(0, ERRORS_MAX)) tell(each, "One of its errors: ", told, seen);
    if (thrown.cause !== undefined) tell(thrown.cause, "Caused by: ", told, seen);
  } catch {
    // What throws when it is looked at has no more to say.
  }
}

function ownTextOf(thrown: unknown): string | null {
  if (thrown instanceof StepError) return thrown.bodyStack ?? thrown.message;
  if (thrown instanceof Error) return typeof thrown.stack === "string" ? thrown.stack : null;
  return shownValue(thrown);
}

/** What stands in a value that is no error, in a few lines; its own methods are not asked. */
export function shownValue(value: unknown): string {
  return typeof value === "string"
    ? value
    : inspect(value, { depth: 3, customInspect: false, maxArrayLength: 20, maxStringLength: 1_000 });
}
