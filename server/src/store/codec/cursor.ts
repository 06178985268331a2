/** Where the next page begins, as callers carry it: they hand it back and look no further. */
import { z } from "zod";
import { Refusal } from "../../task/errors.ts";

/** Where a page begins: after this task. `n` is the database's own number of it. */
export type Position = { createdAt: number; n: number };

const CURSOR_CHARACTERS_MAX = 100;
const position = z.tuple([z.int().nonnegative(), z.int().positive()]);

export function encodeCursor({ createdAt, n }: Position): string {
  return Buffer.from(JSON.stringify([createdAt, n])).toString("base64url");
}

export function decodeCursor(cursor: string): Position {
  if (cursor.length <= CURSOR_CHARACTERS_MAX) {
    const parsed = position.safeParse(parsedJson(Buffer.from(cursor, "base64url").toString()));
    if (parsed.success) return { createdAt: parsed.data[0], n: parsed.data[1] };
  }
  throw new Refusal("invalid", "This cursor is not one that a list has returned.", { field: "cursor" });
}

/** Where an entry of a journal stands: entries are in the order of their places. */
export type Place = { branch: string; position: number };

const PLACE_CHARACTERS_MAX = 4_000;
const place = z.tuple([z.string(), z.int().nonnegative()]);

export function encodePlace({ branch, position }: Place): string {
  return Buffer.from(JSON.stringify([branch, position])).toString("base64url");
}

export function decodePlace(cursor: string): Place {
  if (cursor.length <= PLACE_CHARACTERS_MAX) {
    const parsed = place.safeParse(parsedJson(Buffer.from(cursor, "base64url").toString()));
    if (parsed.success) return { branch: parsed.data[0], position: parsed.data[1] };
  }
  throw new Refusal("invalid", "This cursor is not one that this list has returned.", { field: "cursor" });
}

const number = z.int().positive();

/** Where an item of a list stands whose items are numbered. */
export function encodeNumber(n: number): string {
  return Buffer.from(JSON.stringify(n)).toString("base64url");
}

export function decodeNumber(cursor: string): number {
  if (cursor.length <= CURSOR_CHARACTERS_MAX) {
    const parsed = number.safeParse(parsedJson(Buffer.from(cursor, "base64url").toString()));
    if (parsed.success) return parsed.data;
  }
  throw new Refusal("invalid", "This cursor is not one that this list has returned.", { field: "cursor" });
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
