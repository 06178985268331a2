/** Bodies of clients in typed languages: they write all members that an object may have, with null for unset ones. */
import { z } from "zod";
import { type Dialect, schemaOf } from "./openapi.ts";

/** The same object, whose null members count as absent. `dialect` is that of its document. */
export function withoutNulls<Schema extends z.ZodObject>(schema: Schema, dialect: Dialect) {
  return z.preprocess(setMembers, schema).meta({ wire: schemaOf(schema, "input", dialect) });
}

function setMembers(given: unknown): unknown {
  if (typeof given !== "object" || given === null || Array.isArray(given)) return given;
  const members = Object.entries(given);
  const set = members.filter(([, value]) => value !== null);
  return set.length === members.length ? given : Object.fromEntries(set);
}
