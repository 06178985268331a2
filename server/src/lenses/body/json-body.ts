/**
 * The JSON of an answer: a text, or where that is long the pieces of one, each made in a turn of its own. To make 60 MB at
 * once takes 0.2 s, in which nobody else is answered.
 */
import type { Hmac } from "node:crypto";
import { Readable } from "node:stream";
import { isLongJson, jsonCharacters, jsonPieces } from "../../task/json/json-pieces.ts";
import { tellInTurns } from "../../task/json/json-text.ts";
import type { LongBody } from "../../task/subscription.ts";
import { type LongAnswer, longAnswers } from "./long-answers.ts";
import { ownTurn } from "./own-turn.ts";

/** One of these takes some milliseconds to make. */
const LONG_CHARACTERS = 1 << 20;

export function isLong(value: unknown): boolean {
  return isLongJson(value, LONG_CHARACTERS);
}

/** For plain JSON. `large` are the parts of it that alone may be long. */
export function jsonBody(value: unknown, large: readonly unknown[] = [value]): string | Readable {
  if (!large.some(isLong)) return JSON.stringify(value);
  const answer = nobodys();
  const body = Readable.from(piecesInTurns(value, answer), { objectMode: false });
  longAnswers.made(body, answer, jsonCharacters(large));
  return body;
}

/**
 * JSON that is sent with signatures: all of it is added to each of `signs`. What is long is made twice, in turns, to be signed
 * and to be sent, and is nowhere whole.
 */
export async function signedJson(value: unknown, signs: readonly Hmac[]): Promise<string | LongBody> {
  if (!isLong(value)) {
    const text = JSON.stringify(value);
    for (const sign of signs) sign.update(text);
    return text;
  }
  let bytes = 0;
  for await (const text of piecesInTurns(value)) {
    const piece = Buffer.from(text);
    for (const sign of signs) sign.update(piece);
    bytes += piece.length;
  }
  return { bytes, pieces: () => piecesInTurns(value) };
}

/** What `tell` says, with the JSON of long values in it made in turns (`jsonText`). */
export function toldInTurns<Told>(tell: () => Told): Told | Promise<Told> {
  return tellInTurns(tell, ownTurn);
}

/** The bytes of its JSON. */
export async function jsonBytes(value: unknown): Promise<number> {
  if (!isLong(value)) return Buffer.byteLength(JSON.stringify(value));
  let bytes = 0;
  for await (const piece of piecesInTurns(value)) bytes += Buffer.byteLength(piece);
  return bytes;
}

export function piecesInTurns(value: unknown, answer?: LongAnswer): AsyncIterable<string> {
  return inTurns(jsonPieces(value), answer);
}

/** Each in a turn of its own, of tenants in turn. */
export async function* inTurns(pieces: Iterable<string>, answer = nobodys()): AsyncIterable<string> {
  // The first one too: readers of one task have its value in the same turn, and two hundred first pieces are 13 MB.
  await ownTurn(answer.tenant);
  for (const piece of pieces) {
    answer.waits();
    yield piece;
    answer.goesOn();
    await ownTurn(answer.tenant);
  }
}

/** Until it is known who reads it. */
function nobodys(): LongAnswer {
  return { tenant: "", waits: () => {}, goesOn: () => {} };
}
