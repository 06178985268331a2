/** A field that holds JSON as a person writes it. */
import type { Json } from "@waybill/sdk";

/** It does not: its label says which. */
class NotJson extends Error {}

/** Null for one that is empty. Throws `NotJson`. */
export function jsonOf({ value }: HTMLTextAreaElement, label: string): Json {
  if (value.trim() === "") return null;
  try {
    const read: Json = JSON.parse(value);
    return read;
  } catch (error) {
    throw new NotJson(`${label}: this is not JSON (${error instanceof Error ? error.message : "unreadable"}).`);
  }
}
