/**
 * The JSON of a value as text, for those who are shown it as that. Of 60 MB it takes half a second of work: whoever tells it in
 * turns is interrupted at a long value, has its text made piece by piece, and tells all of it again.
 */
import { isLongJson, jsonPieces } from "./json-pieces.ts";

/** Of one of these it takes some milliseconds. */
const LONG_CHARACTERS = 1 << 20;

/** Thrown at a value whose text has to be made first. */
export class NotMade extends Error {
  readonly value: object;

  constructor(value: object) {
    super("The JSON of a long value is made in turns.");
    this.value = value;
  }
}

/** The texts that are made, of whoever tells something in this moment; null where nobody does so in turns. */
let made: ReadonlyMap<object, string> | null = null;

export function jsonText(value: unknown): string {
  if (made === null || typeof value !== "object" || value === null || !isLongJson(value, LONG_CHARACTERS))
    return JSON.stringify(value);
  const text = made.get(value);
  if (text === undefined) throw new NotMade(value);
  return text;
}

/**
 * What `tell` says: at once, or where it comes upon long values once their texts are made. It is called again with each of
 * these, and changes nothing before the last.
 */
export function tellInTurns<Told>(tell: () => Told, nextTurn: () => Promise<unknown>): Told | Promise<Told> {
  try {
    return tellWith(NONE, tell);
  } catch (error) {
    return toldAfter(error, tell, nextTurn);
  }
}

const NONE: ReadonlyMap<object, string> = new Map();

async function toldAfter<Told>(error: unknown, tell: () => Told, nextTurn: () => Promise<unknown>): Promise<Told> {
  const texts = new Map<object, string>();
  for (let missing = error; ; ) {
    if (!(missing instanceof NotMade)) throw missing;
    const pieces: string[] = [];
    for (const piece of jsonPieces(missing.value)) {
      pieces.push(piece);
      await nextTurn();
    }
    texts.set(missing.value, pieces.join(""));
    try {
      return tellWith(texts, tell);
    } catch (further) {
      missing = further;
    }
  }
}

function tellWith<Told>(texts: ReadonlyMap<object, string>, tell: () => Told): Told {
  const before = made;
  made = texts;
  try {
    return tell();
  } finally {
    made = before;
  }
}
