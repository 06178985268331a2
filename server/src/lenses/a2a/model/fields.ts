/**
 * Fields of requests as the protocol's JSON allows them: names in camelCase or snake_case, null for what is not set, numbers
 * and yes or no also as texts, enumerations also by number, base64 in either alphabet. Fields that nobody knows are ignored.
 */
import { z } from "zod";
import { isWithin, jsonObject } from "../../../task/json/json.ts";
import { ROLES, type Role, WIRE_STATES, type WireState } from "../vocabulary.ts";

export const PARTS_MAX = 100;
const METADATA_BYTES_MAX = 64 << 10;
const NAME_LENGTH_MAX = 255;
const URI_LENGTH_MAX = 2048;
const LIST_LENGTH_MAX = 100;
const HISTORY_LENGTH_MAX = 2 ** 31 - 1;

/** An object with these fields. `nullable` names those for which null is a value. */
export function fields<Shape extends z.ZodRawShape>(shape: Shape, nullable: readonly string[] = []) {
  const names = Object.keys(shape).map((name) => [name, snakeCase(name), nullable.includes(name)] as const);
  return z.preprocess((given) => {
    if (typeof given !== "object" || given === null || Array.isArray(given) || isAsNamed(given)) return given;
    const own: Record<string, unknown> = {};
    for (const [name, snake, mayBeNull] of names) {
      const value = Object.hasOwn(given, name) ? Reflect.get(given, name) : undefined;
      const found = value === undefined && Object.hasOwn(given, snake) ? Reflect.get(given, snake) : value;
      if (found !== undefined && (found !== null || mayBeNull)) own[name] = found;
    }
    return own;
  }, z.object(shape));
}

/** Most clients write nothing but what the schema itself reads. */
function isAsNamed(given: object): boolean {
  return Object.entries(given).every(([name, value]) => value !== null && !name.includes("_"));
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

const numeric = (value: unknown) => (typeof value === "string" && /^-?\d{1,15}$/.test(value) ? Number(value) : value);

export function whole(min: number, max: number) {
  return z.preprocess(numeric, z.int().min(min).max(max));
}

/** As a text it may be in any case: Python writes `True` into a query. */
export const yesOrNo = z.preprocess((value) => {
  const said = typeof value === "string" ? value.toLowerCase() : value;
  return said === "true" ? true : said === "false" ? false : value;
}, z.boolean());

/** A text that may be left out. Clients of the protocol's buffers may write an empty one for what is not set. */
export function text<Schema extends z.ZodType<string, string>>(schema: Schema) {
  return z.preprocess((value) => (value === "" ? undefined : value), schema.optional()).optional();
}

/** As the protocol's own clients write it: any text that is a time with its zone. */
export const timestamp = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

export const metadata = jsonObject.refine((value) => isWithin(value, METADATA_BYTES_MAX), {
  error: `must be at most ${METADATA_BYTES_MAX} bytes of JSON`,
});

/** An id of ours, or one that there is not: it is looked up as it stands. */
export const id = z.string().min(1).max(NAME_LENGTH_MAX);
/** A name that a client has chosen. */
const givenId = z.string().min(1).max(1024);
export const filename = z.string().max(NAME_LENGTH_MAX);
export const mediaType = z.string().max(127);
export const uri = z.string().min(1).max(URI_LENGTH_MAX);
const uris = z.array(uri).max(LIST_LENGTH_MAX);
const ids = z.array(id).max(LIST_LENGTH_MAX);
export const mediaTypes = z.array(mediaType).max(LIST_LENGTH_MAX);
export const historyLength = whole(0, HISTORY_LENGTH_MAX);

/** Base64 of either alphabet as the standard's, padded. What was cut out of the body stands there by its mark. */
export const base64 = z.string().transform((text, issues) => {
  if (/^file:[0-9a-f]{64}$/.test(text)) return text;
  const plain = text
    .replaceAll(/[\r\n]/g, "")
    .replaceAll("-", "+")
    .replaceAll("_", "/")
    .replace(/=+$/, "");
  if (/^[A-Za-z0-9+/]*$/.test(plain) && plain.length % 4 !== 1)
    return plain.padEnd(Math.ceil(plain.length / 4) * 4, "=");
  issues.addIssue({ code: "custom", message: "must be base64" });
  return z.NEVER;
});

/** `TASK_STATE_WORKING`, its number, or `working`; the other spelling of `canceled` too. Null for a state that is not said. */
export const wireState = z.unknown().transform((given, issues): WireState | null => {
  if (given === 0 || given === "0" || given === "TASK_STATE_UNSPECIFIED") return null;
  const found = stateNamed(given);
  if (found !== undefined) return found;
  issues.addIssue({ code: "custom", message: "is no state of a task" });
  return z.NEVER;
});

function stateNamed(given: unknown): WireState | undefined {
  if (typeof given === "number" || (typeof given === "string" && /^\d$/.test(given)))
    return WIRE_STATES[Number(given) - 1];
  if (typeof given !== "string") return undefined;
  const word = given
    .replace(/^TASK_STATE_/, "")
    .toLowerCase()
    .replaceAll("_", "-");
  return WIRE_STATES.find((state) => state === (word === "cancelled" ? "canceled" : word));
}

/** `ROLE_USER`, its number, or `user`. */
const role = z.unknown().transform((given, issues): Role => {
  const found =
    given === 1 || given === 2 ? ROLES[given - 1] : ROLES.find((word) => given === word || given === roleName(word));
  if (found !== undefined) return found;
  issues.addIssue({ code: "custom", message: "must be ROLE_USER or ROLE_AGENT" });
  return z.NEVER;
});

/** What goes out in a header of a notification: with anything else in it no request could be made. */
const headerText = z.string().regex(/^[\x20-\x7e]*$/, "must be printable ASCII");
/** Of push configurations. */
export const secretText = headerText.max(4096);
export const schemeText = headerText.min(1).max(255);

/** All of a message but its parts, which each version writes in its own way. */
export const messageFields = {
  messageId: givenId,
  contextId: text(givenId),
  taskId: text(id),
  role,
  metadata: metadata.optional(),
  extensions: uris.optional(),
  referenceTaskIds: ids.optional(),
};

/** As 1.0 and the ProtoJSON of 0.3 write it. */
export function roleName(word: Role): string {
  return `ROLE_${word.toUpperCase()}`;
}

/** As 1.0 writes it. */
export function stateName(state: WireState): string {
  return `TASK_STATE_${state.toUpperCase().replaceAll("-", "_")}`;
}

/** RFC 3339 with milliseconds, in UTC. */
export function timeText(at: number): string {
  return new Date(at).toISOString();
}
