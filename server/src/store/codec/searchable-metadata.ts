/** Metadata that tasks are found by. */
import type { JsonObject } from "../../task/json/json.ts";

/** Values longer than this, and keys beyond this many, are kept but cannot be filtered by. */
const METADATA_VALUE_MAX = 512;
const METADATA_KEYS_MAX = 64;

export function searchableMetadata(metadata: JsonObject): [string, string][] {
  const found: [string, string][] = [];
  for (const key in metadata) {
    const value = metadata[key];
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") continue;
    const text = String(value);
    if (key.length <= METADATA_VALUE_MAX && text.length <= METADATA_VALUE_MAX) found.push([key, text]);
    if (found.length === METADATA_KEYS_MAX) break;
  }
  return found;
}
