import { z } from "zod";
import { type Json, json, jsonObject } from "./json/json.ts";

const HASH = /^[0-9a-f]{64}$/;

/** Bytes of a part: inline, or a reference to where they are. */
const fileContent = z.union([
  z.strictObject({ bytes: z.base64() }),
  z.strictObject({ url: z.string().max(2048) }),
  // What a caller says of a file. It gives no right to one of ours, and nothing reads one by it.
  z.strictObject({ sha256: z.string().length(64), size: z.int().nonnegative() }),
  // One of ours, which came with the submit: no caller can name another.
  z.strictObject({ kept: z.string().regex(HASH), size: z.int().nonnegative() }),
]);

const common = {
  name: z.string().max(255).optional(),
  mediaType: z.string().max(127).optional(),
  metadata: jsonObject.optional(),
};

/** One piece of a message or an artifact. The superset of A2A 1.0's. */
export const part = z.union([
  z.strictObject({ text: z.string(), ...common }),
  z.strictObject({ data: json, ...common }),
  z.strictObject({ file: fileContent, ...common }),
]);

export type Part = z.infer<typeof part>;

export function textOf(parts: readonly Part[]): string {
  const texts: string[] = [];
  for (const part of parts) if ("text" in part) texts.push(part.text);
  return texts.join("\n");
}

/** The files of ours that a value names, by SHA-256. */
export function keptIn(value: Json | undefined): string[] {
  const found: string[] = [];
  addKept(value, found);
  return found;
}

/** How many bytes they have together, as the value says. */
export function keptBytes(value: Json | undefined): number {
  const found: string[] = [];
  return addKept(value, found);
}

/** Returns their bytes. */
function addKept(value: Json | undefined, found: string[]): number {
  if (typeof value !== "object" || value === null) return 0;
  let bytes = 0;
  if (Array.isArray(value)) {
    for (const item of value) bytes += addKept(item, found);
    return bytes;
  }
  const { kept, size } = value;
  if (typeof kept === "string" && HASH.test(kept) && typeof size === "number") {
    found.push(kept);
    bytes += size;
  }
  for (const key in value) bytes += addKept(value[key], found);
  return bytes;
}
