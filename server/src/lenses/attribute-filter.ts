/**
 * A filter on attributes as clients write one: `{ key: value }`, where all must be equal, or a tree of conditions. Bounded
 * in depth and in the number of its conditions.
 */
import { z } from "zod";
import type { AttributeFilter } from "../task/documents/attribute-filter.ts";

const DEPTH_MAX = 5;
const LEAVES_MAX = 50;

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const key = z.string().min(1).max(64);
const comparison = z.object({ type: z.enum(["eq", "ne"]), key, value: scalar });
const ordering = z.object({ type: z.enum(["gt", "gte", "lt", "lte"]), key, value: z.union([z.string(), z.number()]) });
const membership = z.object({ type: z.enum(["in", "nin"]), key, value: z.array(scalar).max(100) });
const leaf = z.union([comparison, ordering, membership]);
const TYPES: ReadonlySet<unknown> = new Set(["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "and", "or"]);
const combination = z.object({ type: z.enum(["and", "or"]), filters: z.array(z.unknown()).min(1) });
const flat = z.record(key, scalar);

/** Null when there is no condition. An object without a `type` of ours is one of keys and values. */
export const attributeFilter = z
  .unknown()
  .transform((given, ctx): AttributeFilter | null => {
    try {
      return filterOf(given);
    } catch (error) {
      if (!(error instanceof BadFilter)) throw error;
      ctx.addIssue({ code: "custom", message: error.message });
      return z.NEVER;
    }
  })
  .meta({ wire: { type: "object", additionalProperties: true } });

class BadFilter extends Error {}

function filterOf(given: unknown): AttributeFilter | null {
  if (given === undefined || given === null) return null;
  const isTyped = typeof given === "object" && "type" in given && TYPES.has(given.type);
  if (!isTyped) {
    const filters = Object.entries(parsed(flat, given)).map(([key, value]) => ({ type: "eq", key, value }) as const);
    if (filters.length > LEAVES_MAX) throw new BadFilter(`has more than ${LEAVES_MAX} conditions`);
    return filters.length === 0 ? null : { type: "and", filters };
  }
  let leaves = 0;
  const read = (value: unknown, depth: number): AttributeFilter => {
    if (depth > DEPTH_MAX) throw new BadFilter(`is deeper than ${DEPTH_MAX}`);
    const many = combination.safeParse(value);
    if (many.success) {
      const { type, filters } = many.data;
      return { type, filters: filters.map((inner) => read(inner, depth + 1)) };
    }
    leaves += 1;
    if (leaves > LEAVES_MAX) throw new BadFilter(`has more than ${LEAVES_MAX} conditions`);
    return parsed(leaf, value);
  };
  return read(given, 1);
}

function parsed<Value>(schema: z.ZodType<Value>, value: unknown): Value {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new BadFilter("has a condition that is none: it needs a type, a key and a value that fits the type");
}
