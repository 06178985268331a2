/** What a handler's calls record, checked as it comes from the handler's code: events, artifacts, details, usage, progress. */
import type { z } from "zod";
import { type ArtifactUpdate, artifactUpdate } from "../../task/artifact.ts";
import { Refusal } from "../../task/errors.ts";
import { type Emission, type EventDraft, emittedEvent } from "../../task/events/event.ts";
import type { Bound, Reservation } from "../../task/handler.ts";
import type { JsonObject } from "../../task/json/json.ts";
import type { LogLevel, LogLine } from "../../task/text/log-line.ts";
import { TOKENS_MAX, type UsageCall, usageCall } from "../../task/usage.ts";
import type { PartialWrite } from "./attempt-port.ts";
import { factsOfError } from "./failure.ts";
import {
  BadValue,
  fitting,
  jsonObjectOf,
  objectIn,
  RECORD_BYTES_MAX,
  textOf,
  type ValueBounds,
} from "./handed-over.ts";

export function eventOf(event: Emission, bounds?: ValueBounds): EventDraft {
  try {
    const { type: given, data } = objectIn("The event", event);
    const type = textOf("The type of an event", given);
    return emittedEvent({ type, data: jsonObjectOf(`The data of event ${type}`, data, bounds) });
  } catch (error) {
    if (error instanceof Refusal) throw new BadValue(error.message);
    throw error;
  }
}

/** The artifact, and the event that tells of it. */
export function artifactWrite(
  update: z.input<typeof artifactUpdate>,
  bounds?: ValueBounds,
): PartialWrite & { artifacts: ArtifactUpdate[] } {
  const artifact = fitting("The artifact", artifactUpdate, update, bounds);
  const { append, last } = artifact;
  return {
    artifacts: [artifact],
    record: { events: [{ type: "artifact.updated", data: { artifact, append, last } }] },
  };
}

export function detailsOf(patch: JsonObject, bounds?: ValueBounds): JsonObject {
  return jsonObjectOf("The patch of details", patch, { ...bounds, bytesMax: RECORD_BYTES_MAX });
}

export function usageOf(call: UsageCall): UsageCall {
  const checked = fitting("The usage call", usageCall, call, { bytesMax: RECORD_BYTES_MAX });
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, costUsd } = checked;
  if (Math.max(inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, costUsd ?? 0) > TOKENS_MAX)
    throw new BadValue(`The usage call ${checked.key} counts more than ${TOKENS_MAX} tokens or dollars.`);
  return checked;
}

export function usdPerTokenOf(price: number): number {
  if (typeof price === "number" && price >= 0 && price <= TOKENS_MAX) return price;
  throw new BadValue(`The dollars per token of paying() are no number from 0 to ${TOKENS_MAX}.`);
}

/** Its own copy. */
export function reservationOf(amount: Reservation): Reservation {
  const { tokens, costUsd } = objectIn("The amount of reserve()", amount);
  const most = (what: string, value: unknown) => {
    if (typeof value === "number" && value >= 0 && value <= TOKENS_MAX) return value;
    throw new BadValue(`The ${what} of reserve() are no number from 0 to ${TOKENS_MAX}.`);
  };
  return { tokens: most("tokens", tokens), costUsd: most("dollars", costUsd) };
}

/** Far more than a tree has generations. A list may say that it is any length, and take minutes to look through. */
const LISTED_MAX = 10_000;

/** The budgets that a call was told before: whole ones come of `budgets()` alone. */
export function boundsIn(call: string, seen: readonly Bound[]): readonly Bound[] {
  const isTold = (each: Partial<Bound> | null | undefined): each is Bound =>
    typeof each?.task === "string" && typeof each.version === "number";
  const bounds = listed(seen);
  if (bounds?.every(isTold)) return bounds;
  throw new BadValue(`The budgets seen by ${call} are none that budgets() has told.`);
}

export function granted(tasks: readonly string[]): string[] {
  const ids = listed(tasks);
  if (ids) return ids.map((task) => textOf("A task of grant()", task));
  throw new BadValue(`The tasks of grant() are no list of at most ${LISTED_MAX}.`);
}

/** A copy without holes, which whoever looks at each would pass over; null of what is no list. */
function listed<Item>(items: readonly Item[]): (Item | undefined)[] | null {
  if (!Array.isArray(items) || items.length > LISTED_MAX) return null;
  return Array.from({ length: items.length }, (_, at) => items[at]);
}

const LOG_MESSAGE_CHARS_MAX = 4_000;
const LOG_FACTS_CHARS_MAX = 4_000;

/** A line of a kind's own code, whatever it was given: one that cannot be read says so. */
export function logLineOf(level: LogLevel, message: unknown, facts: unknown, step?: string): LogLine {
  return {
    level,
    message: wordsOf(message).slice(0, LOG_MESSAGE_CHARS_MAX).toWellFormed(),
    facts: logFactsOf(facts),
    ...(step !== undefined && { step }),
  };
}

/** A line never fails its task, also where what it says throws when it is read. */
function wordsOf(message: unknown): string {
  try {
    return String(message);
  } catch {
    return "something that cannot be read";
  }
}

function errorAsFacts(value: object): (() => JsonObject) | null {
  return value instanceof Error ? () => factsOfError(value) : null;
}

function logFactsOf(given: unknown): JsonObject {
  if (given === undefined || given === null) return {};
  try {
    const facts = jsonObjectOf("The facts", given, { bytesMax: RECORD_BYTES_MAX, standInOf: errorAsFacts });
    const text = JSON.stringify(facts);
    return text.length <= LOG_FACTS_CHARS_MAX ? facts : { cut: text.slice(0, LOG_FACTS_CHARS_MAX).toWellFormed() };
  } catch (error) {
    return { unreadable: error instanceof Error ? error.message : "They are no JSON." };
  }
}

export function progressOf(fraction: unknown, message: unknown): { fraction: number; message: string } {
  const within = typeof fraction === "number" && Number.isFinite(fraction) ? Math.min(1, Math.max(0, fraction)) : 0;
  return { fraction: within, message: textOf("The message of progress", message) };
}
