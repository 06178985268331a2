/** Checks what a lens passes in by the schema of the noun: a wire's own schema may be wider. */
import type { z } from "zod";
import { Refusal } from "../../task/errors.ts";
import { foundWrong } from "../../task/json/found-wrong.ts";
import { wellFormed } from "../../task/json/json.ts";

/** Throws `invalid`, naming the field. */
export function checked<Schema extends z.ZodType>(schema: Schema, given: z.input<Schema>): z.output<Schema> {
  const parsed = foundWrong(schema, given);
  if (parsed.success) return wellFormed(parsed.data);
  const [issue] = parsed.error.issues;
  const field = (issue?.path ?? []).map(String).join(".");
  throw new Refusal("invalid", `${field}: ${issue?.message ?? "does not fit"}`, { field });
}
