/** Where the next page begins, as callers carry it: they hand it back and look no further. */
import { z } from "zod";
import { Refusal } from "../../task/errors.ts";

/** Where a page begins: after this task. `n` is the database's own number of it. */
export type Position = { createdAt: number; n: number };
/** Where an entry of a journal stands: entries are in the order of their places. */
export type Place = { branch: string; position: number };

const CHARACTERS_MAX = 100;
const PLACE_CHARACTERS_MAX = 4_000;
const position = z.tuple([z.int().nonnegative(), z.int().positive()]);
const place = z.tuple([z.string(), z.int().nonnegative()]);
const number = z.int().positive();

export function encodeCursor({ createdAt, n }: Position): string {
  return cursorTo([createdAt, n]);
}

export function decodeCursor(cursor: string): Position {
  const [createdAt, n] = placeIn(cursor, position);
  return { createdAt, n };
}

export function encodePlace({ branch, position }: Place): string {
  return cursorTo([branch, position]);
}

export function decodePlace(cursor: string): Place {
  const [branch, position] = placeIn(cursor, place, PLACE_CHARACTERS_MAX);
  return { branch, position };
}

/** Where an item of a list stands whose items are numbered. */
export function encodeNumber(n: number): string {
  return cursorTo(n);
}

export function decodeNumber(cursor: string): number {
  return placeIn(cursor, number);
}

export function cursorTo(place: unknown): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

/** Throws `invalid` where it leads to no such place. */
export function placeIn<Found>(cursor: string, place: z.ZodType<Found>, charactersMax = CHARACTERS_MAX): Found {
  const found = cursor.length > charactersMax ? undefined : place.safeParse(parsedJson(cursor)).data;
  if (found === undefined) throw notGiven();
  return found;
}

export function notGiven(): Refusal {
  return new Refusal("invalid", "This cursor is not one that this list has returned.", { field: "cursor" });
}

function parsedJson(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString());
  } catch {
    return undefined;
  }
}
