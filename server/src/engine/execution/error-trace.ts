/**
 * Where a thrown value comes from, for whoever looks after the code: the stack of an error, of what caused it and of the errors
 * that it gathers, from the outside in; of what is no error, what it holds.
 */
import { inspect, types } from "node:util";
import { StepError } from "../../task/handler.ts";

/** Of one chain; a cause may lead back to where it began. */
const ERRORS_MAX = 10;
const CHARACTERS_MAX = 8_000;
/** Beside others: what caused an error says more than its deepest frames. */
const CHARACTERS_BESIDE_MAX = 3_000;

const SHOWN = {
  depth: 3,
  customInspect: false,
  maxArrayLength: 20,
  maxStringLength: 3 * CHARACTERS_MAX,
  breakLength: Number.POSITIVE_INFINITY,
  compact: false,
};

/** To write down 160,000 of a thrown answer took 4 s at once. */
const VALUES_MAX = 1_000;

type Told = { lead: string; text: string };

/** Null where nothing is known. `shorten` hides what is secret before it cuts: half of a secret would be known as none. */
export function traceOf(thrown: unknown, shorten: (text: string, charactersMax: number) => string): string | null {
  const told: Told[] = [];
  tell(thrown, "", told, new Set());
  const most = told.length > 1 ? CHARACTERS_BESIDE_MAX : CHARACTERS_MAX;
  const trace = told.map(({ lead, text }) => `${lead}${shorten(text, most)}`).join("\n");
  return trace === "" ? null : trace.slice(0, CHARACTERS_MAX).toWellFormed();
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

/**
 * What stands in a value that is no error, or how much of it there is; its own methods are not asked. No text within is cut or
 * broken, as a secret in it would be.
 */
export function shownValue(value: unknown): string {
  if (typeof value === "string") return value;
  return shownOf(value, SHOWN.depth) > VALUES_MAX
    ? `${Array.isArray(value) ? "A list" : "An object"} of more than ${VALUES_MAX} values.`
    : inspect(value, SHOWN);
}

/** How many values would be shown, counted no further than is needed. */
function shownOf(value: unknown, depth: number): number {
  if (typeof value !== "object" || value === null || types.isProxy(value) || depth < 0) return 1;
  const keys = Array.isArray(value)
    ? [...Array(Math.min(value.length, SHOWN.maxArrayLength)).keys()]
    : Object.keys(value);
  if (keys.length > VALUES_MAX) return keys.length;
  let count = 1;
  for (const key of keys) {
    if (count > VALUES_MAX) break;
    count += shownOf(Object.getOwnPropertyDescriptor(value, key)?.value, depth - 1);
  }
  return count;
}
