/**
 * A user's name in the records of work, where it stands for the user: in an identity, and in the fields that say who did what. A
 * text that only reads like it, such as a field that is called so, is left, and so is all that people have written.
 */
import type { Json } from "../../task/json/json.ts";

/** Who, as text or as a list of texts. */
const WHO: ReadonlySet<string> = new Set(["by", "from", "claimedBy", "decidedBy", "actors"]);
const WRITTEN: ReadonlySet<string> = new Set(["payload", "form", "metadata"]);

/** Null when there is nothing to rename, or the text is no JSON. */
export function renamed(text: string, user: string, name: string): string | null {
  // As JSON writes it; what does not hold it is not read.
  if (!text.includes(JSON.stringify(user))) return null;
  try {
    const changed = JSON.stringify(valueRenamed(JSON.parse(text), user, name, ""));
    return changed === text ? null : changed;
  } catch {
    return null;
  }
}

function valueRenamed(value: Json, user: string, name: string, field: string): Json {
  if (typeof value === "string") return WHO.has(field) && value === user ? name : value;
  if (Array.isArray(value)) return value.map((inner) => valueRenamed(inner, user, name, field));
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).map(([key, inner]): [string, Json | undefined] => {
    if (inner === undefined || WRITTEN.has(key)) return [key, inner];
    const isUser = key === "id" && inner === user && value["type"] === "user";
    return [key, isUser ? name : valueRenamed(inner, user, name, key)];
  });
  return Object.fromEntries(entries);
}
