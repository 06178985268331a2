/** What files and vector stores may be called and carry, and what may be asked of a search: the same bounds on every wire. */
import { z } from "zod";
import { jsonObject } from "../task/json/json.ts";
import { isWithin } from "../task/text/characters.ts";

const KEYS_MAX = 16;
const KEY_LENGTH_MAX = 64;
const VALUE_LENGTH_MAX = 512;
const QUERY_LENGTH_MAX = 4_096;
const QUERIES_MAX = 10;

/** An id that a client brings: a UUID, or such characters. */
export const ownId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "must be 1 to 64 of A-Z, a-z, 0-9, _ and -");
export const documentId = z.string().min(1).max(255);
/** Of a vector store. */
export const storeName = z.string().max(256);
export const storeDescription = z.string().max(2_000);

/** In tokens. */
export const chunkSize = z.int().min(100).max(4_096);
export const OVERLAP_SHARE_MAX = 0.5;

function keysWithin(value: object): boolean {
  const keys = Object.keys(value);
  return keys.length <= KEYS_MAX && keys.every((key) => isWithin(key, KEY_LENGTH_MAX));
}
const KEYS = { error: `must have at most ${KEYS_MAX} keys of at most ${KEY_LENGTH_MAX} characters` };

export const storeMetadata = jsonObject
  .refine(keysWithin, KEYS)
  .refine(
    (value) => Object.values(value).every((each) => typeof each !== "string" || isWithin(each, VALUE_LENGTH_MAX)),
    { error: `must have values of at most ${VALUE_LENGTH_MAX} characters` },
  );

/** Of a file in a vector store: what searches filter by. */
export const memberAttributes = z
  .record(z.string(), z.union([z.string().max(VALUE_LENGTH_MAX), z.number(), z.boolean()]))
  .refine(keysWithin, KEYS);

export const query = z
  .string()
  .transform((text) => text.trim())
  .pipe(z.string().min(1).max(QUERY_LENGTH_MAX))
  .meta({ wire: { type: "string", minLength: 1, maxLength: QUERY_LENGTH_MAX } });
export const queries = z.array(query).min(1).max(QUERIES_MAX);
export const RESULTS_MAX = 50;
export const RESULTS_USUAL = 10;
export const score = z.number().min(0).max(1);
