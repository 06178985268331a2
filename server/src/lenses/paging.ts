/** Parameters of a query. A query is text, and a parameter that is repeated is a list of texts: each parses its own. */
import { z } from "zod";
import type { JsonObject } from "../task/json/json.ts";

/** A whole number within bounds; `usual` when it is left out. */
export function wholeParam({ min, max, usual }: WholeBounds) {
  return z
    .string()
    .regex(/^\d{1,12}$/, "must be a whole number")
    .transform(Number)
    .pipe(z.int().min(min).max(max))
    .default(usual)
    .meta({ wire: wholeWire({ min, max, usual }) });
}

export type WholeBounds = { min: number; max: number; usual: number };

/** What a document says of it. */
export function wholeWire({ min, max, usual }: WholeBounds): JsonObject {
  return { type: "integer", minimum: min, maximum: max, default: usual };
}

/**
 * A parameter of a wire that takes the first of a repeated one, and a blank one for none. `wire` is its schema in the
 * document.
 */
export function firstParam<Value>(schema: z.ZodType<Value, string | undefined>, wire: JsonObject) {
  return z.preprocess(firstText, schema).prefault("").meta({ wire });
}

function firstText(given: unknown): string | undefined {
  const first: unknown = Array.isArray(given) ? given[0] : given;
  return typeof first === "string" && first !== "" ? first : undefined;
}
