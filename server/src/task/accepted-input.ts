/**
 * An input at the door: its schema parses it once, and what is kept gives the handler the same value on every attempt, also
 * where the schema transforms.
 *
 * Kept is the completed input, with its defaults filled in, when that is JSON which the schema reads as that very value:
 * chance and clock behind a default are then asked once. Else, as where a text becomes a number or a date, the input as it
 * was given is kept, and each attempt reads it anew: a transform never meets what it has made.
 */
import { z } from "zod";
import { foundWrong } from "./json/found-wrong.ts";
import { isJson, type Json, type JsonObject, putKey, sizeOf } from "./json/json.ts";

/** What defaults may add to what was given, and as much as that again: more is made of it by a transform. */
const ADDED_CHARACTERS_MAX = 1 << 20;
/** With what parts it from the next one; about. */
const CHARACTERS_OF_VALUE = 4;

/** The input to keep and what its schema makes of it, or what is wrong with it. */
export type Accepted<Value = unknown> = { ok: true; input: Json; value: Value } | Unfit;

/** `missing`: it is well formed, and names what this server does not have. */
type Unfit = { ok: false; path: readonly PropertyKey[]; message: string; missing?: true };

export function acceptedInput<Value>(schema: z.ZodType<Value>, given: Json): Accepted<Value> {
  const read = readBy(schema, given);
  if (!read.ok) return read;
  const kept = { ok: true, input: given, value: read.value } as const;
  if (isSame(read.value, given)) return kept;
  const filled = filledIn(schema, given, read.value);
  if (filled !== undefined) return { ok: true, input: filled, value: read.value };
  const completed = asJson(read.value, ADDED_CHARACTERS_MAX + 2 * sizeOf(given));
  const again = completed === undefined ? undefined : readBy(schema, completed);
  const isFixed = completed !== undefined && again?.ok === true && isSame(again.value, read.value);
  if (isFixed) return { ok: true, input: completed, value: again.value };
  const whole = withMissing(given, read.value);
  const reread = whole === given ? undefined : readBy(schema, whole);
  return reread?.ok && isSame(reread.value, read.value, LOOSELY)
    ? { ok: true, input: whole, value: reread.value }
    : kept;
}

/** What was given, with the members that its schema has found missing. The very same where there are none. */
function withMissing(given: Json, value: unknown): Json {
  if (Array.isArray(given)) {
    if (!Array.isArray(value) || value.length !== given.length) return given;
    const items = given.map((item, n) => withMissing(item, value[n]));
    return items.some((item, n) => item !== given[n]) ? items : given;
  }
  if (!isMembers(given) || !isMembers(value)) return given;
  const whole: JsonObject = {};
  for (const [key, own] of Object.entries(given)) putKey(whole, key, withMissing(own, value[key]));
  for (const [key, member] of Object.entries(value))
    if (!Object.hasOwn(given, key) && isJson(member)) putKey(whole, key, member);
  const keys = Object.keys(whole);
  const isWhole = keys.length === Object.keys(given).length && keys.every((key) => whole[key] === given[key]);
  return isWhole ? given : whole;
}

/**
 * What was given with the plain defaults that an object's schema has added, each of which is read as itself. The rest is
 * read as it was given, so that nothing else is left to be read again, which took as long as to make the task. Undefined
 * where it is not that plain.
 */
function filledIn(schema: z.ZodType, given: Json, value: unknown): Json | undefined {
  if (!(schema instanceof z.ZodObject) || (schema.def.checks?.length ?? 0) > 0) return undefined;
  if (!isMembers(given) || !isMembers(value)) return undefined;
  const filled: Record<string, Json> = {};
  let found = 0;
  for (const [name, member] of Object.entries(value)) {
    const own = given[name];
    if (own !== undefined && isSame(member, own)) {
      filled[name] = own;
      found += 1;
    } else if (own === undefined && isPlainDefault(member) && readsAsItself(schema.shape[name], member))
      filled[name] = member;
    else return undefined;
  }
  return found === Object.keys(given).length && !Object.hasOwn(filled, "__proto__") ? filled : undefined;
}

function isMembers<Value>(value: Value): value is Value & Readonly<Record<string, Json>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && isPlain(value);
}

function isPlainDefault(value: unknown): value is string | number | boolean | null {
  return (typeof value !== "object" && !Object.is(value, -0) && isJson(value)) || value === null;
}

function readsAsItself(schema: z.core.$ZodType | undefined, value: Json): boolean {
  const read = schema instanceof z.ZodType ? readBy(schema, value) : undefined;
  return read?.ok === true && Object.is(read.value, value);
}

const WAITS = "its schema waits for something, and an input is read at once: look at it in a step of the handler";

/** A transform that throws has found an input that it cannot take. */
function readBy<Value>(schema: z.ZodType<Value>, given: Json): { ok: true; value: Value } | Unfit {
  try {
    const parsed = foundWrong(schema, given);
    if (parsed.success) return { ok: true, value: parsed.data };
    const [issue] = parsed.error.issues;
    return { ok: false, path: issue?.path ?? [], message: issue?.message ?? "does not fit its kind" };
  } catch (error) {
    if (waits(schema, given)) return { ok: false, path: [], message: WAITS };
    return { ok: false, path: [], message: error instanceof Error ? error.message : "does not fit its kind" };
  }
}

/** Whether the schema threw as it is asynchronous: what zod compiles of one throws anything then. */
function waits(schema: z.ZodType, given: Json): boolean {
  try {
    schema.safeParse(given, { jitless: true });
    return false;
  } catch (error) {
    return error instanceof z.core.$ZodAsyncError;
  }
}

/** Undefined as well of what is longer than about so many characters: of an endless list, 512 MB of text would be made. */
function asJson(value: unknown, charactersMax: number): Json | undefined {
  let left = charactersMax;
  const counted = (key: string, each: unknown): unknown => {
    left -= key.length + (typeof each === "string" ? each.length : CHARACTERS_OF_VALUE);
    if (left < 0) throw new RangeError("The value is too long.");
    return each;
  };
  try {
    const copy: unknown = JSON.parse(JSON.stringify(value, counted) ?? "null");
    return isJson(copy) ? copy : undefined;
  } catch {
    return undefined;
  }
}

const LOOSELY = (one: object, other: object) => Object.getPrototypeOf(one) === Object.getPrototypeOf(other);
const never = () => false;

/** The same JSON, or the same date; anything else that a transform may make is not looked into, and is the same as `others` says. */
function isSame(one: unknown, other: unknown, others: (one: object, other: object) => boolean = never): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (one instanceof Date) return other instanceof Date && one.getTime() === other.getTime();
  if (Array.isArray(one))
    // By its places: the names of 100,000 places take longer than all the rest.
    return (
      Array.isArray(other) && one.length === other.length && one.every((item, n) => isSame(item, other[n], others))
    );
  if (Array.isArray(other) || !isPlain(one) || !isPlain(other)) return others(one, other);
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && isSame(Reflect.get(one, key), Reflect.get(other, key), others))
  );
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
