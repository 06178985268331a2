/**
 * Types that take and refuse what pydantic's do, in its words: `"2"` is a whole number, `"yes"` is true, and a number is
 * no text. The protocol's servers are built on it, and their clients read its errors.
 *
 * Objects and lists are zod's own (`invalid-request.ts` says what is wrong with them); here is what a single value may be.
 */
import { z } from "zod";
import { isJsonObject, JSON_DEPTH_MAX, type JsonObject } from "../../task/json/json.ts";

/** What is wrong with a value: pydantic's `type`, `msg` and `ctx`. */
export class Wrong {
  readonly type: string;
  readonly message: string;
  readonly ctx: JsonObject | undefined;

  constructor(type: string, message: string, ctx?: JsonObject) {
    this.type = type;
    this.message = message;
    this.ctx = ctx;
  }
}

export const MISSING = new Wrong("missing", "Field required");
export const NO_LIST = new Wrong("list_type", "Input should be a valid list");
const NO_TEXT = new Wrong("string_type", "Input should be a valid string");
export const NO_DICT = new Wrong("dict_type", "Input should be a valid dictionary");
const NO_WHOLE = new Wrong("int_type", "Input should be a valid integer");
const NO_NUMBER = new Wrong("float_type", "Input should be a valid number");
const NO_SWITCH = new Wrong("bool_type", "Input should be a valid boolean");
const NO_UUID = new Wrong("uuid_type", "UUID input should be a string, bytes or UUID object");
const UNREAD_WHOLE = "Input should be a valid integer, unable to parse string as an integer";
const UNREAD_NUMBER = "Input should be a valid number, unable to parse string as a number";
const UNREAD_SWITCH = "Input should be a valid boolean, unable to interpret input";

/** Faults of a request that are told. A large list may have a hundred times as many, and to look at each takes 3 us. */
export const TOLD_MAX = 1_000;

/** One value of a request. `wire` is its JSON Schema; `read` gives the value, or what is wrong with what was given. */
function value<Value>(wire: JsonObject, read: (given: unknown) => Value | Wrong) {
  return z
    .transform((given: unknown, context): Value => {
      const result = given === undefined ? MISSING : read(given);
      if (!(result instanceof Wrong)) return result;
      addWrong(context, result, given);
      return z.NEVER;
    })
    .meta({ wire });
}

/** `path` is below the value's own. */
export function addWrong(context: z.RefinementCtx, wrong: Wrong, input: unknown, path: (string | number)[] = []): void {
  const { type, message, ctx } = wrong;
  context.addIssue({ code: "custom", message, path, params: { type, input, ...(ctx !== undefined && { ctx }) } });
}

/** A field that may be null or left out, which is the same. */
export function maybe<Schema extends z.ZodType>(schema: Schema) {
  return schema.nullable().default(null);
}

/** One that may be null, and is `usual` when it is left out. */
export function maybeOr<Value extends string | number | boolean>(schema: z.ZodType<Value>, usual: Value) {
  return schema.nullable().prefault(usual);
}

/** A parameter of a query that may be left out. One that is repeated is its last. */
export function param<Value extends string | number | boolean>(schema: z.ZodType<Value>, usual: Value) {
  const wire = schema.meta()?.["wire"];
  return z
    .preprocess((given) => (Array.isArray(given) ? given.at(-1) : given), schema)
    .prefault(usual)
    .meta(isJsonObject(wire) ? { wire: { ...wire, default: usual } } : {});
}

/** A parameter of a query that may come several times: texts. */
export const repeated = z
  .union([z.string(), z.array(z.string())])
  .transform((given) => [given].flat())
  .optional()
  .meta({ wire: { type: "array", items: { type: "string" } } });

export const text = value({ type: "string" }, (given) => (typeof given === "string" ? given : NO_TEXT));

/** Any object. */
export const dict = value({ type: "object", additionalProperties: true }, dictOf);

const TOO_DEEP = new Wrong("value_error", `Value error, must be at most ${JSON_DEPTH_MAX} levels deep`, { error: {} });

function dictOf(given: unknown): JsonObject | Wrong {
  if (typeof given !== "object" || given === null || Array.isArray(given)) return NO_DICT;
  return isJsonObject(given) ? given : TOO_DEEP;
}

/** How pydantic names the branches of a union, in the place of what does not fit. */
const BRANCH = { text: "str", dicts: "list[dict[str,any]]" };

/** A text or a list of any objects. Where it is neither, it is told for both. */
export const textOrDicts = z
  .transform((given: unknown, context): string | JsonObject[] => {
    if (typeof given === "string") return given;
    if (given === undefined) addWrong(context, MISSING, given);
    else {
      const list: unknown[] = Array.isArray(given) ? given : [];
      const dicts = list.filter((item) => isJsonObject(item));
      if (Array.isArray(given) && dicts.length === list.length) return dicts;
      addWrong(context, NO_TEXT, given, [BRANCH.text]);
      if (!Array.isArray(given)) addWrong(context, NO_LIST, given, [BRANCH.dicts]);
      let told = 0;
      for (let at = 0; at < list.length && told < TOLD_MAX; at++) {
        const wrong = dictOf(list[at]);
        if (!(wrong instanceof Wrong)) continue;
        addWrong(context, wrong, list[at], [BRANCH.dicts, at]);
        told += 1;
      }
    }
    return z.NEVER;
  })
  .meta({ wire: { anyOf: [{ type: "string" }, { type: "array", items: { type: "object" } }] } });

type Bounds = { ge?: number; le?: number; gt?: number; multipleOf?: number };

export function whole(bounds: Bounds = {}) {
  return value({ type: "integer", ...wireOf(bounds) }, (given) => within(wholeOf(given), bounds));
}

export function number(bounds: Bounds = {}) {
  return value({ type: "number", ...wireOf(bounds) }, (given) => {
    const read = within(numberOf(given), bounds);
    // JSON has no word for the others, which could not be kept.
    return read instanceof Wrong || Number.isFinite(read) ? read : NOT_FINITE;
  });
}

function wireOf({ ge, le, gt, multipleOf }: Bounds): JsonObject {
  return {
    ...(ge !== undefined && { minimum: ge }),
    ...(le !== undefined && { maximum: le }),
    ...(gt !== undefined && { exclusiveMinimum: gt }),
    ...(multipleOf !== undefined && { multipleOf }),
  };
}

function within(given: number | Wrong, { ge, le, gt, multipleOf }: Bounds): number | Wrong {
  if (given instanceof Wrong) return given;
  if (multipleOf !== undefined && !isMultiple(given, multipleOf)) {
    return new Wrong("multiple_of", `Input should be a multiple of ${multipleOf}`, { multiple_of: multipleOf });
  }
  if (le !== undefined && !(given <= le)) {
    return new Wrong("less_than_equal", `Input should be less than or equal to ${le}`, { le });
  }
  if (ge !== undefined && !(given >= ge)) {
    return new Wrong("greater_than_equal", `Input should be greater than or equal to ${ge}`, { ge });
  }
  if (gt !== undefined && !(given > gt)) return new Wrong("greater_than", `Input should be greater than ${gt}`, { gt });
  return given;
}

/** Binary fractions are near misses: 0.57 is a multiple of 0.01. */
function isMultiple(given: number, of: number): boolean {
  const rest = Math.abs(given % of);
  const near = Math.abs(given) / 1e9;
  return !(rest > near && Math.abs(rest - of) > near);
}

/** Of what fits into 64 bits. */
const WHOLE_MAX = 2 ** 63;
const TOO_LARGE = new Wrong("int_parsing_size", "Unable to parse input string as an integer, exceeded maximum size");
const NOT_FINITE = new Wrong("finite_number", "Input should be a finite number");
const WHOLE_TEXT = /^[+-]?\d+(?:_\d+)*(?:\.0+)?$/;
const NUMBER_TEXT = /^[+-]?(?:(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+)?|inf(?:inity)?|nan)$/i;

function wholeOf(given: unknown): number | Wrong {
  if (typeof given === "boolean") return Number(given);
  if (typeof given === "number") {
    if (Math.abs(given) >= WHOLE_MAX) return TOO_LARGE;
    if (Number.isInteger(given)) return given;
    return new Wrong("int_from_float", "Input should be a valid integer, got a number with a fractional part");
  }
  if (typeof given !== "string") return NO_WHOLE;
  const trimmed = given.trim();
  return WHOLE_TEXT.test(trimmed) ? Number(trimmed.replaceAll("_", "")) : new Wrong("int_parsing", UNREAD_WHOLE);
}

function numberOf(given: unknown): number | Wrong {
  if (typeof given === "boolean") return Number(given);
  if (typeof given === "number") return given;
  if (typeof given !== "string") return NO_NUMBER;
  const trimmed = given.trim();
  if (!NUMBER_TEXT.test(trimmed)) return new Wrong("float_parsing", UNREAD_NUMBER);
  return Number(
    trimmed
      .toLowerCase()
      .replaceAll("_", "")
      .replace(/inf(?:inity)?/, "Infinity"),
  );
}

const TRUE: ReadonlySet<unknown> = new Set([true, 1, "1", "true", "t", "yes", "y", "on"]);
const FALSE: ReadonlySet<unknown> = new Set([false, 0, "0", "false", "f", "no", "n", "off"]);

/** A boolean. */
export const flag = value({ type: "boolean" }, (given) => {
  const word = typeof given === "string" ? given.toLowerCase() : given;
  if (TRUE.has(word)) return true;
  if (FALSE.has(word)) return false;
  const isWhole = Number.isInteger(given) && Math.abs(Number(given)) < WHOLE_MAX;
  return typeof given === "string" || isWhole ? new Wrong("bool_parsing", UNREAD_SWITCH) : NO_SWITCH;
});

export function oneOf<const Word extends string>(words: readonly Word[]) {
  const said = words.map((word) => `'${word}'`);
  const expected = [said.slice(0, -1).join(", "), ...said.slice(-1)].filter((part) => part !== "").join(" or ");
  const wrong = new Wrong("enum", `Input should be ${expected}`, { expected });
  return value({ type: "string", enum: [...words] }, (given) => words.find((word) => word === given) ?? wrong);
}

/** In lower case with hyphens, however it was written. */
export const uuid = value({ type: "string", format: "uuid" }, uuidOf);

/** One for which a blank text stands for none. */
export const uuidOrBlank = value({ type: "string" }, (given) => (given === "" ? null : uuidOf(given)));

function uuidOf(given: unknown): string | Wrong {
  if (typeof given !== "string") return NO_UUID;
  const hex = given.toLowerCase();
  const digits = /^[0-9a-f]{32}$/.test(hex) ? hex : (HYPHENATED.exec(hex)?.[1] ?? "").replaceAll("-", "");
  if (digits !== "") return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  const error = unreadUuid(given);
  return new Wrong("uuid_parsing", `Input should be a valid UUID, ${error}`, { error });
}

const HYPHENATED =
  /^(?:urn:uuid:|\{(?=.*\}$))?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?:(?<=^\{.{36})\})?$/;
const URN = "urn:uuid:";
/** Of a text that is no UUID: what is wrong with it is in its beginning. */
const LOOKED_AT_CHARS_MAX = 1_000;
const GROUPS = [8, 4, 4, 4, 12];

/** The reason as pydantic's own parser gives it. */
function unreadUuid(given: string): string {
  const braced = /^\{(.*)\}$/s.exec(given)?.[1];
  const urn = given.startsWith(URN) ? given.slice(URN.length) : undefined;
  // Millions of groups would take a tenth of a second to count.
  const inner = (braced ?? urn ?? given).slice(0, LOOKED_AT_CHARS_MAX);
  const odd = /[^0-9a-fA-F-]/u.exec(inner);
  if (odd !== null) {
    const before = (braced === undefined ? 0 : 1) + (urn === undefined ? 0 : URN.length);
    const at = before + Buffer.byteLength(inner.slice(0, odd.index)) + 1;
    return `invalid character: found \`${odd[0]}\` at ${at}`;
  }
  const groups = inner.split("-");
  if (groups.length === 1 && inner === given) {
    return `invalid length: expected length 32 for simple format, found ${given.length}`;
  }
  if (groups.length !== GROUPS.length) return `invalid group count: expected 5, found ${groups.length}`;
  const wrong = groups.findIndex((group, at) => group.length !== GROUPS[at]);
  return `invalid group length in group ${wrong}: expected ${GROUPS[wrong]}, found ${groups[wrong]?.length}`;
}
