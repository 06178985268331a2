/**
 * The door for stored objects: as strict as their schema, except that a field which it does not know is kept. A newer
 * version may have written the row, and a rewrite by this one must not lose what it does not understand.
 */
import type { z } from "zod";

type Issue = z.core.$ZodIssue;
type Unknown = { path: PropertyKey[]; key: string };

/** Throws what the schema throws on everything else. May change `value`. */
export function parseTolerantly<Output>(schema: z.ZodType<Output>, value: unknown): Output {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const unknown = unknownIn(parsed.error.issues, []);
  if (unknown === null) throw parsed.error;
  const taken = unknown.map(({ path, key }) => ({ path, key, value: take(inside(value, path), key) }));
  const known = schema.parse(value);
  for (const { path, key, value } of taken) {
    const holder = inside(known, path);
    if (isObject(holder)) Reflect.set(holder, key, value);
  }
  return known;
}

/** The fields that are all that is wrong; null when something else is. */
function unknownIn(issues: readonly Issue[], path: PropertyKey[]): Unknown[] | null {
  const found: Unknown[] = [];
  for (const issue of issues) {
    const at = [...path, ...issue.path];
    if (issue.code === "unrecognized_keys") found.push(...issue.keys.map((key) => ({ path: at, key })));
    else if (issue.code === "invalid_union") {
      const inner = issue.errors.map((option) => unknownIn(option, at)).find((option) => option !== null);
      if (inner === undefined) return null;
      found.push(...(inner ?? []));
    } else return null;
  }
  return found;
}

function take(holder: unknown, key: string): unknown {
  if (!isObject(holder)) return undefined;
  const value: unknown = Reflect.get(holder, key);
  Reflect.deleteProperty(holder, key);
  return value;
}

function inside(value: unknown, path: PropertyKey[]): unknown {
  return path.reduce<unknown>((holder, key) => (isObject(holder) ? Reflect.get(holder, key) : undefined), value);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
