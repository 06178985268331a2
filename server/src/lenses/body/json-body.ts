/**
 * The JSON of an answer: a text, or where that is long the pieces of one, each made in a turn of its own. To make 60 MB at
 * once takes 0.2 s, in which nobody else is answered.
 */
import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { isLongJson, jsonPieces } from "../../task/json/json-pieces.ts";

/** One of these takes some milliseconds to make. */
const LONG_CHARACTERS = 1 << 20;

export function isLong(value: unknown): boolean {
  return isLongJson(value, LONG_CHARACTERS);
}

/** For plain JSON. `large` are the parts of it that alone may be long. */
export function jsonBody(value: unknown, large: readonly unknown[] = [value]): string | Readable {
  return large.some(isLong) ? Readable.from(piecesInTurns(value), { objectMode: false }) : JSON.stringify(value);
}

export async function* piecesInTurns(value: unknown): AsyncIterable<string> {
  for (const piece of jsonPieces(value)) {
    yield piece;
    await nextTurn();
  }
}
