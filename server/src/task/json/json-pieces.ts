/**
 * The JSON of a value in pieces, one after the other as they are asked for: of 64 MB it takes half a second of work, and
 * whoever writes or sends it lets others have their turn between two pieces. For plain JSON of bounded depth, of whole
 * characters.
 */

/**
 * Every reader of an answer holds one. Of 512 K, those of 200 readers were 100 MB for the collector, which then held the thread for
 * 85 to 140 ms (30 ms with these), and one reader has its answer no sooner.
 */
const PIECE_CHARACTERS = 64 << 10;

/** About whether its JSON has more characters than this. It looks no further than it must. */
export function isLongJson(value: unknown, max: number): boolean {
  return rest(value, max) < 0;
}

/** About how many characters its JSON has. */
export function jsonCharacters(value: unknown): number {
  return Number.MAX_SAFE_INTEGER - rest(value, Number.MAX_SAFE_INTEGER);
}

/** What is left of `max` after the value; below zero as soon as there is nothing left. */
function rest(value: unknown, max: number): number {
  if (typeof value === "string") return max - value.length;
  if (typeof value !== "object" || value === null) return max - 8;
  let left = max - 2;
  if (Array.isArray(value)) for (let at = 0; at < value.length && left >= 0; at++) left = rest(value[at], left);
  else
    for (const key in value) {
      if (left < 0) break;
      left = rest(Reflect.get(value, key), left - key.length);
    }
  return left;
}

export function jsonPieces(value: unknown): Generator<string> {
  return piecesOf(parts(value));
}

/** A text of many parts, as many of them at once as make a piece. */
export function* piecesOf(parts: Iterable<string>): Generator<string> {
  let piece = "";
  for (const part of parts) {
    piece += part;
    if (piece.length < PIECE_CHARACTERS) continue;
    yield piece;
    piece = "";
  }
  if (piece !== "") yield piece;
}

function parts(given: unknown): Generator<string> {
  return writtenParts(written(given));
}

function* writtenParts(value: unknown): Generator<string> {
  if (!isLongJson(value, PIECE_CHARACTERS)) yield JSON.stringify(asItIs(value)) ?? "null";
  else if (typeof value === "string") yield* textParts(value);
  else if (Array.isArray(value)) yield* listParts(value);
  else if (typeof value === "object" && value !== null) yield* objectParts(value);
}

/** What is written of a value that says so itself, as a date does; undefined of what has no JSON. */
function written(value: unknown): unknown {
  const isObject = typeof value === "object" && value !== null;
  const own = isObject && "toJSON" in value && typeof value.toJSON === "function" ? value.toJSON() : value;
  return typeof own === "function" || typeof own === "symbol" ? undefined : own;
}

/** So that what a value has said of itself is not asked for more. */
function asItIs(value: unknown): unknown {
  return typeof value === "object" && value !== null && "toJSON" in value ? { toJSON: () => value } : value;
}

function* textParts(text: string): Generator<string> {
  yield '"';
  for (const slice of slicesOf(text)) yield JSON.stringify(slice).slice(1, -1);
  yield '"';
}

/** Of whole characters, each as long as a piece. */
export function* slicesOf(text: string): Generator<string> {
  for (let from = 0; from < text.length; ) {
    const to = wholeCharacters(text, from + PIECE_CHARACTERS);
    yield text.slice(from, to);
    from = to;
  }
}

/** The place itself, or the next one when it parts the two halves of a character. */
function wholeCharacters(text: string, at: number): number {
  const before = text.charCodeAt(at - 1);
  return before >= 0xd800 && before <= 0xdbff ? at + 1 : at;
}

/** As many short items at once as make a piece. */
function* listParts(list: readonly unknown[]): Generator<string> {
  yield "[";
  for (let from = 0; from < list.length; ) {
    let left = PIECE_CHARACTERS;
    let to = from;
    while (to < list.length && left >= 0) left = rest(list[to++], left);
    if (from > 0) yield ",";
    // The last of them is the one too many: by itself it may be a long one.
    const short = left < 0 ? to - 1 : to;
    if (short > from) yield JSON.stringify(list.slice(from, short)).slice(1, -1);
    else yield* parts(list[from]);
    from = Math.max(short, from + 1);
  }
  yield "]";
}

function* objectParts(object: object): Generator<string> {
  let mark = "{";
  for (const [key, given] of Object.entries(object)) {
    const inner = written(given);
    if (inner === undefined) continue;
    yield `${mark}${JSON.stringify(key)}:`;
    yield* writtenParts(inner);
    mark = ",";
  }
  yield mark === "{" ? "{}" : "}";
}
