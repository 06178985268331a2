/**
 * An event: an entry of a task's log, which is append-only and numbered from 1 per task. Every stream replays it.
 *
 * `EVENTS` has the schema of the data of each type of ours, and `TaskEvent` is the union on `type` that follows from it.
 * The schemas judge and never rewrite: a field that they do not name stays in the log. What a handler of a user's own
 * emits, and what does not fit (the log of another version), is a `CustomEvent`: its data is JSON of which no reader
 * knows more.
 */
import type { z } from "zod";
import { Refusal } from "../errors.ts";
import { isJsonObject, type JsonObject } from "../json/json.ts";
import { TERMINAL_STATES, type TerminalState } from "../states.ts";
import { AGENT_EVENTS } from "./agent-events.ts";
import { HUMAN_EVENTS } from "./human-events.ts";
import { STEP_EVENTS } from "./step-events.ts";
import { TASK_EVENTS } from "./task-events.ts";

export const EVENTS = { ...TASK_EVENTS, ...STEP_EVENTS, ...AGENT_EVENTS, ...HUMAN_EVENTS };

export type EventType = keyof typeof EVENTS;
export type EventData = { [Type in EventType]: z.infer<(typeof EVENTS)[Type]> };

export type KnownDraft<Type extends EventType = EventType> = {
  [Each in Type]: { type: Each; data: EventData[Each]; custom?: never };
}[Type];
type CustomDraft = { type: string; data: JsonObject; custom: true };

/** An event before it has its number. */
export type EventDraft = KnownDraft | CustomDraft;

type Numbered = { task: string; seq: number; at: number };
/** An event of a type of ours. */
export type KnownEvent<Type extends EventType = EventType> = KnownDraft<Type> & Numbered;
export type CustomEvent = CustomDraft & Numbered;
export type TaskEvent = KnownEvent | CustomEvent;

/** What a handler emits: data of a type of ours must fit it, a type of the handler's own takes any JSON object. */
export type Emission<Type extends string = string> = {
  type: Type;
  data: Type extends EventType ? EventData[Type] : JsonObject;
};

/** A reader's answer to each type of event of ours: a new type does not compile until every such reader has one. */
export type EventReader<Args extends unknown[], Answer> = {
  readonly [Type in EventType]: (data: EventData[Type], ...args: Args) => Answer;
};

export function readEvent<Type extends EventType, Args extends unknown[], Answer>(
  reader: { readonly [Each in Type]: (data: EventData[Each], ...args: Args) => Answer },
  event: KnownDraft<Type>,
  ...args: Args
): Answer {
  return reader[event.type](event.data, ...args);
}

const EVENT_TYPE = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/;
const TYPE_CHARS_MAX = 64;

/** The event that ends a log; streams close after it. */
export const TERMINAL_EVENTS: ReadonlySet<string> = new Set(TERMINAL_STATES.map(endOf));

function endOf(state: TerminalState): EventType {
  return `task.${state}`;
}

const schemas: ReadonlyMap<string, z.ZodType> = new Map(Object.entries(EVENTS));
const emittable: ReadonlySet<string> = new Set(Object.keys(AGENT_EVENTS));
/** What the types of ours begin with; a handler's own types begin with another word. */
const prefixes: ReadonlySet<string> = new Set(Object.keys(EVENTS).map(prefixOf));

function prefixOf(type: string): string {
  return type.slice(0, type.indexOf("."));
}

/** An event as the log of any version has it. Never refuses: what does not fit a type of ours is custom. */
export function eventDraft(type: string, data: JsonObject): EventDraft {
  const draft = { type, data };
  return isKnown(draft) ? draft : { ...draft, custom: true };
}

function isKnown(draft: { type: string; data: JsonObject }): draft is KnownDraft {
  return schemas.get(draft.type)?.safeParse(draft.data).success ?? false;
}

/**
 * The event that a handler emits: one of an agent's events, or one of its own whose type begins with none of our words.
 * Refuses anything else as `invalid`.
 */
export function emittedEvent({ type, data }: Emission): EventDraft {
  if (!EVENT_TYPE.test(type) || type.length > TYPE_CHARS_MAX)
    throw new Refusal(
      "invalid",
      `"${type}" is no type of an event: lower-case words with a dot between them, at most ${TYPE_CHARS_MAX} characters.`,
    );
  if (!isJsonObject(data)) throw new Refusal("invalid", `The data of event ${type} is not a JSON object.`);
  if (!emittable.has(type) && prefixes.has(prefixOf(type)))
    throw new Refusal(
      "invalid",
      `${type} is not for handlers to emit. Begin a type of your own with another word than ${prefixOf(type)}.`,
    );
  const draft = eventDraft(type, data);
  if (draft.custom && emittable.has(type))
    throw new Refusal("invalid", `The data of event ${type} does not fit its type: ${misfit(type, data)}.`);
  return draft;
}

function misfit(type: string, data: JsonObject): string {
  const issues = schemas.get(type)?.safeParse(data).error?.issues ?? [];
  return issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join(", ");
}
