/**
 * Events -> native wire. What our own events say about a task is in snake_case with ISO times, as everywhere here;
 * what a handler put in (outputs, tool parameters, its own events) is left as it is.
 */
import type { z } from "zod";
import { artifactUpdate } from "../../task/artifact.ts";
import type { TaskEvent } from "../../task/events/event.ts";
import type { Json, JsonObject } from "../../task/json.ts";
import { failure, prompt, wait } from "../../task/task.ts";
import { usageCall } from "../../task/usage.ts";
import type { EventWire } from "./schema.ts";
import { wireFailure, wirePart, wireTime, wireUsageCall, wireWait } from "./translate.ts";

/** How the fields of our events that are more than a plain value are written. */
const FIELDS: Readonly<Record<string, (value: Json, at: number) => Json>> = {
  waits: written(wait.array(), (waits) => waits.map(wireWait)),
  prompt: written(prompt, (asked) => asked),
  until: (value) => (typeof value === "number" ? wireTime(value) : value),
  error: written(failure, wireFailure),
  call: written(usageCall, (call, at) => wireUsageCall({ ...call, at })),
  artifact: written(artifactUpdate, ({ parts, ...artifact }) => ({ ...artifact, parts: parts.map(wirePart) })),
};

/** A value that does not fit (the log of another version) is shown as it is: a stream must never break at it. */
function written<Value>(schema: z.ZodType<Value>, write: (value: Value, at: number) => Json) {
  return (value: Json, at: number): Json => {
    const parsed = schema.safeParse(value);
    return parsed.success ? write(parsed.data, at) : value;
  };
}

export function wireEvent({ seq, type, at, data, custom }: TaskEvent): EventWire {
  return { seq, type, at: wireTime(at), data: custom ? data : wireData(data, at) };
}

function wireData(data: JsonObject, at: number): JsonObject {
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => {
      const write = FIELDS[name];
      return [snakeCase(name), write === undefined || value === undefined ? value : write(value, at)];
    }),
  );
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
