/**
 * What a handler hands over, checked at the call: what is written can then be read. A value is copied, so that a handler
 * that goes on with it changes nothing that was written, and is given back the same on every attempt.
 *
 * JSON as `JSON.stringify` understands it: an object with `toJSON`, such as a date, is what that returns, a key whose
 * value is undefined is left out, and undefined elsewhere is null. What JSON would lose without a word (NaN, a Map, a
 * function, a promise that was not awaited) is refused instead. Half a character (a lone surrogate) becomes U+FFFD.
 */
import type { z } from "zod";
import { JSON_DEPTH_MAX, type Json, type JsonObject, putKey } from "../../task/json.ts";

/** The code of a failure of a task whose handler handed over something that cannot be written. */
export const BAD_VALUE = "bad_value";

/** A call was given something that cannot be written. Another try would hand over the same. */
export class BadValue extends Error {
  override readonly name = "BadValue";
  readonly code = BAD_VALUE;
  readonly retryable = false;
}

const MEGABYTE = 1 << 20;
/** An output, a result of a step, the input of a child, an artifact, the data of an event. */
const VALUE_BYTES_MAX = 64 * MEGABYTE;
/** What lies in the task's own row, which every change writes again: details, and questions with their schemas. */
export const RECORD_BYTES_MAX = MEGABYTE;
/** Reasons, messages, and names of calls. */
const TEXT_BYTES_MAX = 65_536;
/** Values within one value, those of objects and lists included. */
const VALUES_MAX = 1_000_000;

const YEAR_MS = 365.25 * 86_400_000;
const MS_MAX = 100 * YEAR_MS;

/** A copy of the value as JSON. `what` begins the sentence of a refusal: `The output`. */
export function jsonOf(what: string, value: unknown, bytesMax: number = VALUE_BYTES_MAX): Json {
  if (value === null || typeof value === "boolean") return value;
  try {
    return copier(what, bytesMax)(value, 1);
  } catch (error) {
    if (error instanceof BadValue) throw error;
    throw new BadValue(`${what} cannot be read: ${messageOf(error)}`);
  }
}

export function jsonObjectOf(what: string, value: unknown, bytesMax?: number): JsonObject {
  const copy = jsonOf(what, value, bytesMax);
  if (typeof copy === "object" && copy !== null && !Array.isArray(copy)) return copy;
  throw new BadValue(`${what} is not a JSON object.`);
}

/** A copy that fits the schema. */
export function fitting<Output>(what: string, schema: z.ZodType<Output>, value: unknown, bytesMax?: number): Output {
  const parsed = schema.safeParse(jsonOf(what, value, bytesMax));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new BadValue(
    `${what} does not fit: ${issue?.path.join(".") || "it"}: ${issue?.message ?? "is of another shape"}`,
  );
}

export function textOf(what: string, value: unknown, bytesMax: number = TEXT_BYTES_MAX): string {
  if (typeof value !== "string") throw new BadValue(`${what} is not a text.`);
  if (Buffer.byteLength(value) > bytesMax) throw new BadValue(`${what} is longer than ${bytesMax} bytes.`);
  return value.toWellFormed();
}

/** Whole milliseconds, a fraction rounded up: 0 to 100 years. */
export function msOf(what: string, value: unknown): number {
  if (typeof value === "number" && value >= 0 && value <= MS_MAX) return Math.ceil(value);
  throw new BadValue(`${what} is ${shown(value)}: it must be milliseconds, from 0 to 100 years of them.`);
}

/** A count, a fraction rounded up. */
export function countOf(what: string, value: unknown): number {
  if (typeof value === "number" && value >= 0 && Number.isFinite(value)) return Math.ceil(value);
  throw new BadValue(`${what} is ${shown(value)}: it must be a number from 0 on.`);
}

function copier(what: string, bytesMax: number): (value: unknown, depth: number) => Json {
  let bytes = 0;
  let values = 0;
  const tooMany = () => new BadValue(`${what} holds more than ${VALUES_MAX} values.`);
  const weigh = (more: number) => {
    bytes += more;
    values += 1;
    if (bytes > bytesMax) throw new BadValue(`${what} is larger than ${bytesMax} bytes.`);
    if (values > VALUES_MAX) throw tooMany();
  };
  const text = (value: string): string => {
    weigh(Buffer.byteLength(value) + 2);
    return value.isWellFormed() ? value : value.toWellFormed();
  };

  function copy(value: unknown, depth: number, isOwnJson = false): Json {
    switch (typeof value) {
      case "string":
        return text(value);
      case "boolean":
      case "undefined":
        weigh(4);
        return value ?? null;
      case "number":
        weigh(8);
        if (!Number.isFinite(value)) throw new BadValue(`${what} holds ${value}, which is no JSON.`);
        // JSON has no negative zero.
        return value === 0 ? 0 : value;
      case "object":
        return value === null ? null : copyObject(value, depth, isOwnJson);
      default:
        throw new BadValue(`${what} holds a ${typeof value}, which is no JSON.`);
    }
  }

  function copyObject(value: object, depth: number, isOwnJson: boolean): Json {
    weigh(2);
    if (depth > JSON_DEPTH_MAX) throw new BadValue(`${what} is deeper than ${JSON_DEPTH_MAX} levels, or holds itself.`);
    if (Array.isArray(value)) return copyList(value, depth);
    const toJson: unknown = Reflect.get(value, "toJSON");
    if (typeof toJson === "function" && !isOwnJson) return copy(Reflect.apply(toJson, value, [""]), depth, true);
    const tag = Object.prototype.toString.call(value).slice(8, -1);
    if (tag !== "Object") throw new BadValue(`${what} holds a ${tag}, which is no JSON.`);
    const object: JsonObject = {};
    for (const key of Object.keys(value)) {
      const inner: unknown = Reflect.get(value, key);
      if (inner !== undefined) putKey(object, text(key), copy(inner, depth + 1));
    }
    return object;
  }

  /** A hole is null, as in JSON. */
  function copyList(value: readonly unknown[], depth: number): Json[] {
    if (value.length > VALUES_MAX) throw tooMany();
    // Of its length from the beginning: a list that grows is copied again and again, which takes longer than all the rest.
    const list = new Array<Json>(value.length);
    for (let at = 0; at < value.length; at++) list[at] = copy(value[at], depth + 1);
    return list;
  }

  return copy;
}

function shown(value: unknown): string {
  return typeof value === "number" ? String(value) : `of type ${typeof value}`;
}

function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.message) : String(error);
  } catch {
    return "it throws something that cannot be read";
  }
}
