/**
 * What a handler hands over, checked at the call: what is written can then be read. A value is copied, so that a handler
 * that goes on with it changes nothing that was written, and is given back the same on every attempt. One of over
 * 50,000 values, or with a text of megabytes, is copied in several turns: what is changed in it before its call returns may
 * be in the copy or not.
 *
 * JSON as `JSON.stringify` understands it: an object with `toJSON`, such as a date, is what that returns, a key whose
 * value is undefined is left out, and undefined elsewhere is null. What JSON would lose without a word (NaN, a Map, a
 * function, a promise that was not awaited) is refused instead. Half a character (a lone surrogate) becomes U+FFFD.
 */
import type { z } from "zod";
import { foundWrong } from "../../task/json/found-wrong.ts";
import {
  JSON_DEPTH_MAX,
  type Json,
  type JsonObject,
  noteJson,
  putKey,
  STORED_DEPTH_MAX,
} from "../../task/json/json.ts";
import { OBJECT_KEYS_MAX } from "../../task/json/object-keys.ts";
import { ownTurns } from "../../task/json/own-turns.ts";
import { PAUSE_CAUSES, type PauseCause } from "../../task/task.ts";

/** The code of a failure of a task whose handler handed over something that cannot be written. */
export const BAD_VALUE = "bad_value";

/** A call was given something that cannot be written. Another try would hand over the same. */
export class BadValue extends Error {
  override readonly name = "BadValue";
  readonly code = BAD_VALUE;
  readonly retryable = false;
}

/** Nothing is wrong with it but that there is so much. */
export class TooManyValues extends BadValue {}

const MEGABYTE = 1 << 20;
/** An output, a result of a step, the input of a child, an artifact, the data of an event. */
const VALUE_BYTES_MAX = 64 * MEGABYTE;
/** What lies in the task's own row, which every change writes again: details, and questions with their schemas. */
export const RECORD_BYTES_MAX = MEGABYTE;
/** Reasons, messages, and names of calls. */
const TEXT_BYTES_MAX = 65_536;
/** Values within one value, those of objects and lists included. */
const VALUES_MAX = 1_000_000;

/**
 * Of a value that is copied within its call, which returns no promise: events, artifacts, details. With 250,000 objects that
 * takes a few tens of milliseconds.
 */
const VALUES_AT_CALL_MAX = 250_000;

/** Of one turn of the event loop, where a value is copied in several: these take some milliseconds. */
const VALUES_AT_ONCE = 50_000;
const SHORT_CHARACTERS = 32;
/** Of a text that is looked at in one turn: 64 MB that are not Latin take 30 ms. */
const LONG_CHARACTERS = 4 << 20;
/** What lies deeper is copied with what it lies in. */
const LEVELS_IN_TURNS = 6;

const YEAR_MS = 365.25 * 86_400_000;
const MS_MAX = 100 * YEAR_MS;
const MOMENT_MAX = Date.UTC(9999, 11, 31);

/** A copy of the value as JSON, made at once. `what` begins the sentence of a refusal: `The artifact`. */
export function jsonOf(
  what: string,
  value: unknown,
  { valuesMax = VALUES_AT_CALL_MAX, ...bounds }: ValueBounds = {},
): Json {
  if (value === null || typeof value === "boolean") return value;
  try {
    return new Copier(what, { ...bounds, valuesMax }).copy(value);
  } catch (error) {
    throw asBadValue(what, error);
  }
}

/** The same of more values; null where that would take long: then `jsonInTurns` has it. */
export function jsonAtOnce(what: string, value: unknown): { json: Json } | null {
  if (value === null || typeof value === "boolean") return { json: value };
  try {
    return { json: new Copier(what, { atOnceMax: VALUES_AT_ONCE }).copy(value) };
  } catch (error) {
    if (error === LONG) return null;
    throw asBadValue(what, error);
  }
}

/** The same of a value that is long: others have their turn meanwhile. */
export function jsonInTurns(what: string, value: unknown): Promise<Json> {
  return inTurns(what, new Copier(what).copyInPieces(value));
}

/** A copy of what is JSON already, as it is stored: of a long value in several turns. */
export function ownCopy<Value extends Json | object>(value: Value): Value | Promise<Value>;
export function ownCopy(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  try {
    return new Copier(STORED, { ...UNBOUND, atOnceMax: VALUES_AT_ONCE }).copy(value, STORED_LEVEL);
  } catch (error) {
    if (error !== LONG) throw error;
    return inTurns(STORED, new Copier(STORED, UNBOUND).copyInPieces(value, STORED_LEVEL));
  }
}

const STORED = "What is stored";
const NO_BOUND = Number.POSITIVE_INFINITY;
const UNBOUND = { bytesMax: NO_BOUND, valuesMax: NO_BOUND, keysMax: NO_BOUND };
const STORED_LEVEL = 1 + JSON_DEPTH_MAX - STORED_DEPTH_MAX;

const ownTurn = ownTurns(setImmediate);

async function inTurns(what: string, copying: Generator<void, Json>): Promise<Json> {
  for (;;) {
    const piece = nextOf(what, copying);
    await ownTurn();
    if (piece.done) return piece.value;
  }
}

function nextOf(what: string, copying: Generator<void, Json>): IteratorResult<void, Json> {
  try {
    return copying.next();
  } catch (error) {
    throw asBadValue(what, error);
  }
}

function asBadValue(what: string, error: unknown): BadValue {
  return error instanceof BadValue ? error : new BadValue(`${what} cannot be read: ${messageOf(error)}`);
}

export function jsonObjectOf(what: string, value: unknown, bounds?: ValueBounds): JsonObject {
  const copy = jsonOf(what, value, bounds);
  if (typeof copy === "object" && copy !== null && !Array.isArray(copy)) return copy;
  throw new BadValue(`${what} is not a JSON object.`);
}

/** A copy that fits the schema. */
export function fitting<Output>(what: string, schema: z.ZodType<Output>, value: unknown, bounds?: ValueBounds): Output {
  return fit(what, schema, jsonOf(what, value, bounds));
}

/** The value as its schema reads it. */
export function fit<Output>(what: string, schema: z.ZodType<Output>, value: Json): Output {
  const parsed = foundWrong(schema, value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new BadValue(
    `${what} does not fit: ${issue?.path.join(".") || "it"}: ${issue?.message ?? "is of another shape"}`,
  );
}

export function textOf(what: string, value: unknown, bytesMax: number = TEXT_BYTES_MAX): string {
  if (typeof value !== "string") throw new BadValue(`${what} is not a text.`);
  if (Buffer.byteLength(value) > bytesMax) throw new BadValue(`${what} is longer than ${bytesMax} bytes.`);
  return value.toWellFormed();
}

/** Past types that plain JavaScript does not have. */
export function objectIn<Value extends object>(what: string, value: Value): Value {
  if (typeof value === "object" && value !== null) return value;
  throw new BadValue(`${what} is ${shown(value)}: it must be an object.`);
}

export function codeIn<Value>(what: string, value: Value): Value {
  if (typeof value === "function") return value;
  throw new BadValue(`${what} is ${shown(value)}: it must be a function.`);
}

/** Whole milliseconds, a fraction rounded up: 0 to 100 years. */
export function msOf(what: string, value: unknown): number {
  if (typeof value === "number" && value >= 0 && value <= MS_MAX) return Math.ceil(value);
  throw new BadValue(`${what} is ${shown(value)}: it must be milliseconds, from 0 to 100 years of them.`);
}

/** A moment in whole milliseconds since 1970, a fraction rounded up: of the years that have four digits. */
function momentOf(what: string, value: unknown): number {
  if (typeof value === "number" && value >= 0 && value <= MOMENT_MAX) return Math.ceil(value);
  throw new BadValue(
    `${what} is ${shown(value)}: it must be a moment, in milliseconds since 1970, before the year 10000.`,
  );
}

/** A pause that a handler asks for. Without `until` it has no end of its own. */
export type Pause = { reason: string; until: number | undefined; cause: PauseCause | undefined };

export function pauseOf(what: string, reason: unknown, until: unknown, cause: unknown): Pause {
  const end = until === undefined ? undefined : momentOf(`The end of ${what}`, until);
  const known = PAUSE_CAUSES.find((each) => each === cause);
  if (cause !== undefined && known === undefined)
    throw new BadValue(`The cause of ${what} is ${shown(cause)}: it must be one of ${PAUSE_CAUSES.join(", ")}.`);
  return { reason: textOf(`The reason of ${what}`, reason), until: end, cause: known };
}

/** A count, a fraction rounded up. */
export function countOf(what: string, value: unknown): number {
  if (typeof value === "number" && value >= 0 && Number.isFinite(value)) return Math.ceil(value);
  throw new BadValue(`${what} is ${shown(value)}: it must be a number from 0 on.`);
}

/** The tag of what has keys and nothing else. */
const PLAIN = "Object";

/** Thrown where a value has more in it than is copied at once. */
const LONG = new Error("The value is long.");

export type ValueBounds = {
  bytesMax?: number;
  valuesMax?: number;
  keysMax?: number;
  /** What is copied in the place of an object, if anything is: before its own `toJSON`. */
  standInOf?: (value: object) => (() => unknown) | null;
};

/** Of calls that an earlier version may have taken. */
export const BOUNDS_BEFORE = { valuesMax: VALUES_MAX, keysMax: NO_BOUND } satisfies ValueBounds;

type CopyBounds = ValueBounds & { atOnceMax?: number };

/** Copies one value. */
class Copier {
  readonly #what: string;
  readonly #bytesMax: number;
  readonly #valuesMax: number;
  readonly #keysMax: number;
  readonly #atOnceMax: number;
  readonly #toJsonOf: NonNullable<ValueBounds["standInOf"]>;
  #bytes = 0;
  #values = 0;
  /** As many were copied when it stopped last. */
  #valuesBefore = 0;

  constructor(
    what: string,
    {
      bytesMax = VALUE_BYTES_MAX,
      valuesMax = VALUES_MAX,
      keysMax = OBJECT_KEYS_MAX,
      atOnceMax = NO_BOUND,
      standInOf,
    }: CopyBounds = {},
  ) {
    this.#what = what;
    this.#bytesMax = bytesMax;
    this.#valuesMax = valuesMax;
    this.#keysMax = keysMax;
    this.#atOnceMax = atOnceMax;
    this.#toJsonOf = standInOf ? (value) => standInOf(value) ?? toJsonOf(value) : toJsonOf;
  }

  copy(value: unknown, depth = 1, isOwnJson = false): Json {
    switch (typeof value) {
      case "string":
        return this.#text(value);
      case "boolean":
      case "undefined":
        this.#weigh(4);
        return value ?? null;
      case "number":
        this.#weigh(8);
        if (!Number.isFinite(value)) throw new BadValue(`${this.#what} holds ${value}, which is no JSON.`);
        // JSON has no negative zero.
        return value === 0 ? 0 : value;
      case "object":
        return value === null ? null : this.#copyObject(value, depth, isOwnJson);
      default:
        throw new BadValue(`${this.#what} holds a ${typeof value}, which is no JSON.`);
    }
  }

  /** Stops after so many values as are copied at once. */
  *copyInPieces(value: unknown, depth = 1, isOwnJson = false): Generator<void, Json> {
    if (isLongText(value)) return yield* this.#textInPieces(value);
    if (typeof value !== "object" || value === null || depth > LEVELS_IN_TURNS)
      return this.copy(value, depth, isOwnJson);
    this.#enter(depth);
    if (this.#isPiece()) yield;
    if (Array.isArray(value)) return yield* this.#copyListInPieces(value, depth);
    const toJson = isOwnJson ? null : this.#toJsonOf(value);
    if (toJson) return yield* this.copyInPieces(toJson(), depth, true);
    const object: JsonObject = {};
    this.#mustBePlain(value);
    for (const key of this.#keysOf(value)) {
      const inner = value[key];
      if (inner !== undefined) putKey(object, this.#text(key), yield* this.copyInPieces(inner, depth + 1));
    }
    return object;
  }

  *#copyListInPieces(value: readonly unknown[], depth: number): Generator<void, Json> {
    const list = this.#listFor(value);
    for (let at = 0; at < list.length; at++) {
      const item = value[at];
      // A generator for each number would take longer than all the rest.
      const isLarge = typeof item === "object" || isLongText(item);
      list[at] = isLarge ? yield* this.copyInPieces(item, depth + 1) : this.copy(item, depth + 1);
      if (this.#isPiece()) yield;
    }
    noteJson(list, JSON_DEPTH_MAX + 1 - depth);
    return list;
  }

  #copyObject(value: object, depth: number, isOwnJson: boolean): Json {
    this.#enter(depth);
    if (Array.isArray(value)) {
      const list = this.#listFor(value);
      for (let at = 0; at < list.length; at++) list[at] = this.copy(value[at], depth + 1);
      noteJson(list, JSON_DEPTH_MAX + 1 - depth);
      return list;
    }
    const toJson = isOwnJson ? null : this.#toJsonOf(value);
    if (toJson) return this.copy(toJson(), depth, true);
    const object: JsonObject = {};
    this.#mustBePlain(value);
    for (const key of this.#keysOf(value)) {
      const inner = value[key];
      if (inner !== undefined) putKey(object, this.#text(key), this.copy(inner, depth + 1));
    }
    return object;
  }

  #text(value: string): string {
    if (isShortAscii(value)) {
      this.#weigh(value.length + 2);
      return value;
    }
    if (this.#atOnceMax !== NO_BOUND && isLongText(value)) throw LONG;
    this.#weigh(Buffer.byteLength(value) + 2);
    return value.isWellFormed() ? value : value.toWellFormed();
  }

  *#textInPieces(text: string): Generator<void, string> {
    this.#weigh(text.length + 2);
    const pieces: string[] = [];
    let isWellFormed = true;
    for (let from = 0; from < text.length; ) {
      const piece = text.slice(from, pairEnd(text, from + LONG_CHARACTERS));
      this.#weigh(Buffer.byteLength(piece) - piece.length, 0);
      isWellFormed &&= piece.isWellFormed();
      pieces.push(piece);
      from += piece.length;
      yield;
    }
    return isWellFormed ? text : pieces.map((piece) => piece.toWellFormed()).join("");
  }

  #weigh(bytes: number, values = 1): void {
    this.#bytes += bytes;
    this.#values += values;
    if (this.#bytes > this.#bytesMax) throw new BadValue(`${this.#what} is larger than ${this.#bytesMax} bytes.`);
    if (this.#values > this.#valuesMax) throw this.#tooMany();
    if (this.#values > this.#atOnceMax) throw LONG;
  }

  #tooMany(): TooManyValues {
    return new TooManyValues(`${this.#what} holds more than ${this.#valuesMax} values.`);
  }

  #isPiece(): boolean {
    if (this.#values - this.#valuesBefore <= VALUES_AT_ONCE) return false;
    this.#valuesBefore = this.#values;
    return true;
  }

  #enter(depth: number): void {
    this.#weigh(2);
    if (depth > JSON_DEPTH_MAX)
      throw new BadValue(`${this.#what} is deeper than ${JSON_DEPTH_MAX} levels, or holds itself.`);
  }

  #keysOf(value: object): string[] {
    const keys = Object.keys(value);
    if (keys.length > this.#keysMax)
      throw new TooManyValues(`${this.#what} holds an object of more than ${this.#keysMax} keys.`);
    return keys;
  }

  /** A hole is null, as in JSON. Of its length from the beginning: a list that grows is copied again and again. */
  #listFor(value: readonly unknown[]): Json[] {
    if (value.length > this.#valuesMax) throw this.#tooMany();
    return new Array<Json>(value.length);
  }

  #mustBePlain(value: object): asserts value is Record<string, unknown> {
    // To ask each plain object of a long list for its tag takes longer than to copy it.
    if (Object.getPrototypeOf(value) === Object.prototype && !(Symbol.toStringTag in value)) return;
    const tag = Object.prototype.toString.call(value).slice(8, -1);
    if (tag !== PLAIN) throw new BadValue(`${this.#what} holds a ${tag}, which is no JSON.`);
  }
}

function toJsonOf(value: { toJSON?: unknown }): (() => unknown) | null {
  const toJson = value.toJSON;
  return typeof toJson === "function" ? () => Reflect.apply(toJson, value, [""]) : null;
}

function isLongText(value: unknown): value is string {
  return typeof value === "string" && value.length > LONG_CHARACTERS;
}

/** There, or one behind where that would part the two halves of a character. */
function pairEnd(text: string, at: number): number {
  const isParted = (text.codePointAt(at - 1) ?? 0) > 0xffff;
  return isParted ? at + 1 : at;
}

/** To ask for the bytes of a text takes longer than to look at so few characters. */
function isShortAscii(text: string): boolean {
  if (text.length > SHORT_CHARACTERS) return false;
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) >= 0x80) return false;
  return true;
}

function shown(value: unknown): string {
  return typeof value === "number" || value === null || value === undefined ? String(value) : `of type ${typeof value}`;
}

function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.message) : String(error);
  } catch {
    return "it throws something that cannot be read";
  }
}
