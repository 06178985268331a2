/** Events by their type. An event that is not known is a handler's own, or of another version: its data is any JSON. */
import { EVENT_DATA, type Event, type KnownEvent } from "./generated/api.ts";

export type EventType = KnownEvent["type"];
export type EventData = { [Each in KnownEvent as Each["type"]]: Each["data"] };

/** An answer to each type of event: a new type does not compile until there is one. */
export type EventReader<Answer> = { readonly [Type in EventType]: (data: EventData[Type]) => Answer };

type EventOf<Type extends EventType> = { [Each in Type]: { type: Each; data: EventData[Each] } }[Type];

const fieldsOf: ReadonlyMap<string, Readonly<Record<string, readonly string[]>>> = new Map(Object.entries(EVENT_DATA));

/** True when the event is of a type that this client knows and its data has what the type says, to the first level. */
export function isKnownEvent(event: Event): event is KnownEvent {
  const fields = fieldsOf.get(event.type);
  if (fields === undefined) return false;
  const data: Readonly<Record<string, unknown>> = event.data;
  return Object.entries(fields).every(([name, types]) => types.includes(typeOf(data[name])));
}

/** What the function for the event's type makes of its data. A type without one does not compile. */
export function readEvent<Type extends EventType, Answer>(
  reader: { readonly [Each in Type]: (data: EventData[Each]) => Answer },
  event: EventOf<Type>,
): Answer {
  return reader[event.type](event.data);
}

/** In the words of JSON Schema, without "integer". */
function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}
