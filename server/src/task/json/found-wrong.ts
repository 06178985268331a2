/**
 * What a schema finds wrong with a value from outside. zod makes an issue of each wrong item of a list, 100,000 of which take
 * 0.3 s of one turn, and a caller is told few of them: here a long list is looked at only until so many are found.
 */
import { z } from "zod";
import { isJson } from "./json.ts";

const ISSUES_MAX = 1_000;
/** Looked at together: each item may be wrong in many places. */
const ITEMS_AT_ONCE = 16;
/** The types of `z.json()`. */
const ANY_JSON = "string,number,boolean,null,array,record";

/** As `safeParse`. Of a long list whose items do not fit, the first that do not are told. */
export function foundWrong<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  error?: z.core.$ZodErrorMap,
): z.ZodSafeParseResult<z.output<Schema>> {
  endLists(schema);
  return schema.safeParse(value, error && { error });
}

/** Schemas whose lists end early, as all do that are within them. */
const ended = new WeakSet<z.core.$ZodType>();

/** Of one schema. One that makes its parts anew wherever it is looked into has no end: of what lies deeper all is told. */
const PARTS_MAX = 1_000;

/** At the first value, as what a schema is made of may be declared after it. */
function endLists(schema: z.core.$ZodType): void {
  if (ended.has(schema)) return;
  const parts = [schema];
  // Those that are added meanwhile have their turn too.
  for (const part of parts) {
    if (ended.has(part)) continue;
    ended.add(part);
    if (part instanceof z.core.$ZodArray) endEarly(part);
    if (part instanceof z.core.$ZodLazy && isAnyJson(part)) takeAnyJson(part);
    if (parts.length < PARTS_MAX) parts.push(...partsOf(part));
  }
}

/** All schemas that stand in the definition of one. */
function partsOf(schema: z.core.$ZodType): z.core.$ZodType[] {
  if (schema instanceof z.core.$ZodLazy) return [schema._zod.innerType];
  const within: unknown[] = Object.values(schema._zod.def).flatMap((part: unknown) =>
    typeof part !== "object" || part === null || part instanceof z.core.$ZodType ? part : Object.values(part),
  );
  return within.filter((part) => part instanceof z.core.$ZodType);
}

function endEarly({ _zod: list }: z.core.$ZodArray): void {
  const { parse, run } = list;
  const caps = z.core.util.sizeCaps(list.def.checks);
  list.parse = (payload, context) => {
    const { value } = payload;
    const isLong = Array.isArray(value) && value.length > ISSUES_MAX;
    // Of one that may not be that long zod looks at no item.
    if (!isLong || context.async === true || caps.some(([max]) => value.length > max)) return parse(payload, context);
    const items: unknown[] = [];
    for (let from = 0; from < value.length && payload.issues.length < ISSUES_MAX; from += ITEMS_AT_ONCE) {
      const found = parse({ value: value.slice(from, from + ITEMS_AT_ONCE), issues: [] }, context);
      // It waits for something, which zod has words for.
      if (found instanceof Promise) return found;
      for (const item of found.value as unknown[]) items.push(item);
      for (const issue of found.issues) {
        const [at, ...path] = issue.path ?? [];
        payload.issues.push({ ...issue, path: [from + Number(at), ...path] });
      }
    }
    // Some may be left, as they were given: no check of the list may look at those.
    const last = run === parse || items.length === value.length ? undefined : payload.issues.pop();
    if (last !== undefined) payload.issues.push({ ...last, continue: false });
    while (items.length < value.length) items.push(value[items.length]);
    payload.value = items;
    return payload;
  };
  // Without checks of its own, it runs as it parses.
  if (run === parse) list.run = list.parse;
}

/** Whether it is what `z.json()` makes: plain values, lists of itself and records of itself. */
function isAnyJson(schema: z.core.$ZodLazy): boolean {
  const { innerType } = schema._zod;
  if (!(innerType instanceof z.core.$ZodUnion)) return false;
  const options = innerType._zod.def.options.map(({ _zod }) => _zod.def);
  const ofItself = options.filter(
    (option) =>
      ("element" in option && option.element === schema) || ("valueType" in option && option.valueType === schema),
  );
  const types = options.map(({ type }) => type).join();
  return ofItself.length === 2 && types === ANY_JSON && options.every(({ checks = [] }) => checks.length === 0);
}

/** It makes a copy of all, by trying each of its types on each value: 30 ms for 100,000 of them. What is JSON is left as it is. */
function takeAnyJson({ _zod: json }: z.core.$ZodLazy): void {
  const { parse, run } = json;
  json.parse = (payload, context) => (isJson(payload.value) ? payload : parse(payload, context));
  if (run === parse) json.run = json.parse;
}
