import { z } from "zod";

export type Json = string | number | boolean | null | Json[] | JsonObject;
/** A key whose value is undefined is a key that is absent: JSON drops it. */
export type JsonObject = { [key: string]: Json | undefined };

/** Deeper values are refused at the door: recursive code downstream may then recurse freely. */
export const JSON_DEPTH_MAX = 64;

/** What is stored has such a value inside: the data of an event an output, a task's record the schema of a question. */
export const STORED_DEPTH_MAX = JSON_DEPTH_MAX + 16;

/**
 * Lists that are longer take milliseconds, and several doors look at one in the same turn: what is known of it is kept.
 * Nobody changes a value that has passed a door.
 */
const LONG_LIST_LENGTH = 10_000;
/** Of long lists that are plain JSON: no deeper than so many levels. */
const knownLevels = new WeakMap<object, number>();
const knownSizes = new WeakMap<object, number>();

/** True when `value` is plain JSON no deeper than `depthMax`. It goes no deeper than that, so hostile depth cannot exhaust the stack. */
export function isJson(value: unknown, depthMax: number = JSON_DEPTH_MAX): value is Json {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || depthMax < 1) return false;
  const children: unknown[] = Array.isArray(value) ? value : Object.values(value);
  if ((knownLevels.get(children) ?? Number.POSITIVE_INFINITY) <= depthMax) return true;
  for (const child of children) if (!isJson(child, depthMax - 1)) return false;
  if (children === value) noteJson(children, depthMax);
  return true;
}

/** The list is plain JSON, and no deeper than so many levels. */
export function noteJson(list: readonly unknown[], levels: number): void {
  if (list.length > LONG_LIST_LENGTH) knownLevels.set(list, levels);
}

export function isJsonObject(value: unknown, depthMax: number = JSON_DEPTH_MAX): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && isJson(value, depthMax);
}

export const json = z.custom<Json>((value) => isJson(value), {
  error: `must be JSON, at most ${JSON_DEPTH_MAX} levels deep`,
});
export const jsonObject = z.custom<JsonObject>((value) => isJsonObject(value), {
  error: `must be a JSON object, at most ${JSON_DEPTH_MAX} levels deep`,
});

/** JSON as it was stored, with whatever it was wrapped in. */
export const storedJson = z.custom<Json>((value) => isJson(value, STORED_DEPTH_MAX), { error: "is no JSON" });
export const storedObject = z.custom<JsonObject>((value) => isJsonObject(value, STORED_DEPTH_MAX), {
  error: "is no JSON object",
});

const encoder = new TextEncoder();

/** The bytes of a value's JSON. */
export function bytesOf(value: Json): number {
  return encoder.encode(JSON.stringify(value)).length;
}

/** Whether these are at most so many. */
export function isWithin(value: Json, bytesMax: number): boolean {
  const text = JSON.stringify(value);
  // A UTF-16 unit takes three bytes at most.
  return text.length * 3 <= bytesMax || encoder.encode(text).length <= bytesMax;
}

/** About the number of characters of a value's JSON, without writing it. For values of bounded depth. */
export function sizeOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 8;
  if (Array.isArray(value)) return sizeOfList(value);
  let size = 16;
  for (const key in value) size += key.length + sizeOf(Reflect.get(value, key));
  return size;
}

function sizeOfList(list: readonly unknown[]): number {
  const isLong = list.length > LONG_LIST_LENGTH;
  const known = isLong ? knownSizes.get(list) : undefined;
  if (known !== undefined) return known;
  let size = 16;
  for (const child of list) size += 4 + sizeOf(child);
  if (isLong) knownSizes.set(list, size);
  return size;
}

/**
 * The same value with whole characters only: half of one (a lone surrogate) becomes U+FFFD, in keys too. It is the given
 * value itself when there is nothing to mend. For plain JSON of bounded depth.
 */
export function wellFormed<Value>(value: Value): Value;
export function wellFormed(value: unknown): unknown {
  return isWellFormed(value) ? value : mended(value);
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value !== "object" || value === null) return true;
  if (Array.isArray(value)) return value.every(isWellFormed);
  for (const key in value) if (!key.isWellFormed() || !isWellFormed(Reflect.get(value, key))) return false;
  return true;
}

function mended(value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed();
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(mended);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key.toWellFormed(), mended(inner)]));
}

/** Also under the name `__proto__`, which an assignment would take for something else. */
export function putKey(object: JsonObject, key: string, value: Json): void {
  if (key === "__proto__")
    Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
  else object[key] = value;
}
