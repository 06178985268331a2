/**
 * The JSON of an answer: a text, or where that is long the pieces of one, each made in a turn of its own. To make 60 MB at
 * once takes 0.2 s, in which nobody else is answered.
 */
import type { Hmac } from "node:crypto";
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

/** JSON that is sent with signatures: all of it is added to each of `signs`. Made and signed in turns where it is long. */
export async function signedJson(value: unknown, signs: readonly Hmac[]): Promise<string | Buffer> {
  if (!isLong(value)) {
    const text = JSON.stringify(value);
    for (const sign of signs) sign.update(text);
    return text;
  }
  const pieces: Buffer[] = [];
  for await (const text of piecesInTurns(value)) {
    const piece = Buffer.from(text);
    for (const sign of signs) sign.update(piece);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

export async function* piecesInTurns(value: unknown): AsyncIterable<string> {
  for (const piece of jsonPieces(value)) {
    yield piece;
    await nextTurn();
  }
}
