import { z } from "zod";

export type Json = string | number | boolean | null | Json[] | JsonObject;
/** A key whose value is undefined is a key that is absent: JSON drops it. */
export type JsonObject = { [key: string]: Json | undefined };

/** Deeper values are refused at the door: recursive code downstream may then recurse freely. */
export const JSON_DEPTH_MAX = 64;

/** True when `value` is plain JSON no deeper than `JSON_DEPTH_MAX`. Iterative, so hostile depth cannot exhaust the stack. */
export function isJson(value: unknown): value is Json {
  const pending: { value: unknown; depth: number }[] = [{ value, depth: 1 }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { value, depth } = next;
    if (value === null || typeof value === "string" || typeof value === "boolean") continue;
    if (typeof value === "number") {
      if (!Number.isFinite(value)) return false;
      continue;
    }
    if (typeof value !== "object" || depth > JSON_DEPTH_MAX) return false;
    const children: unknown[] = Array.isArray(value) ? value : Object.values(value);
    for (const child of children) pending.push({ value: child, depth: depth + 1 });
  }
  return true;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && isJson(value);
}

export const json = z.custom<Json>(isJson, { error: `must be JSON, at most ${JSON_DEPTH_MAX} levels deep` });
export const jsonObject = z.custom<JsonObject>(isJsonObject, {
  error: `must be a JSON object, at most ${JSON_DEPTH_MAX} levels deep`,
});
