/** The three dialects of a search, told apart by their members, and what each is answered with. */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { AttributeFilter } from "../../task/attribute-filter.ts";
import { Refusal } from "../../task/errors.ts";
import type { Found, Search } from "../../verbs/vector-stores.ts";

const QUERY_LENGTH_MAX = 4_096;
const QUERIES_MAX = 10;
const RESULTS_MAX = 50;
const RESULTS_USUAL = 10;
const FILTER_DEPTH_MAX = 5;
const FILTER_LEAVES_MAX = 50;

const query = z
  .string()
  .transform((text) => text.trim())
  .pipe(z.string().min(1).max(QUERY_LENGTH_MAX));
const queries = z.array(query).min(1).max(QUERIES_MAX);
const results = z.int(`must be between 1 and ${RESULTS_MAX}`);
const resultCount = results
  .min(1, `must be between 1 and ${RESULTS_MAX}`)
  .max(RESULTS_MAX, `must be between 1 and ${RESULTS_MAX}`);
const score = z.number().min(0).max(1);

export const searchBody = z.object({
  queries: queries.optional(),
  query: z.union([query, queries]).optional(),
  top_k: resultCount.optional(),
  max_num_results: resultCount.optional(),
  score_threshold: score.optional(),
  filters: z.unknown().optional(),
  ranking_options: z
    .object({
      score_threshold: score.nullish(),
      ranker: z.enum(["none", "auto", "default-2024-11-15"]).nullish(),
    })
    .nullish(),
  rewrite_query: z.boolean().optional(),
});
export type SearchBody = z.infer<typeof searchBody>;

/** How the answer is to look. */
export type Dialect = "results" | "page of one query" | "page of queries";

export function searchOf(body: SearchBody): { search: Search; dialect: Dialect } {
  if ((body.query === undefined) === (body.queries === undefined)) {
    throw new Refusal("invalid", "Exactly one of query and queries is needed.", { field: "query" });
  }
  const dialect = body.queries
    ? "results"
    : typeof body.query === "string" && body.top_k !== undefined
      ? "page of one query"
      : "page of queries";
  return {
    dialect,
    search: {
      queries: [body.queries ?? body.query ?? []].flat(),
      filter: filterOf(body.filters),
      scoreMin: body.score_threshold ?? body.ranking_options?.score_threshold ?? 0,
      limit: (dialect === "page of one query" ? body.top_k : body.max_num_results) ?? RESULTS_USUAL,
    },
  };
}

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const key = z.string().min(1).max(64);
const comparison = z.object({ type: z.enum(["eq", "ne"]), key, value: scalar });
const ordering = z.object({ type: z.enum(["gt", "gte", "lt", "lte"]), key, value: z.union([z.string(), z.number()]) });
const membership = z.object({ type: z.enum(["in", "nin"]), key, value: z.array(scalar).max(100) });
const leaf = z.union([comparison, ordering, membership]);
const TYPES: ReadonlySet<unknown> = new Set(["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "and", "or"]);
const combination = z.object({ type: z.enum(["and", "or"]), filters: z.array(z.unknown()).min(1) });
const flat = z.record(key, scalar);

/** Null when there is no condition. Throws `invalid`. */
function filterOf(given: unknown): AttributeFilter | null {
  if (given === undefined || given === null) return null;
  const isTyped = typeof given === "object" && "type" in given && TYPES.has(given.type);
  if (!isTyped) {
    const filters = Object.entries(parsed(flat, given)).map(([key, value]) => ({ type: "eq", key, value }) as const);
    if (filters.length > FILTER_LEAVES_MAX) throw badFilter(`has more than ${FILTER_LEAVES_MAX} conditions`);
    return filters.length === 0 ? null : { type: "and", filters };
  }
  let leaves = 0;
  const read = (value: unknown, depth: number): AttributeFilter => {
    if (depth > FILTER_DEPTH_MAX) throw badFilter(`is deeper than ${FILTER_DEPTH_MAX}`);
    const many = combination.safeParse(value);
    if (many.success) {
      const { type, filters } = many.data;
      return { type, filters: filters.map((inner) => read(inner, depth + 1)) };
    }
    leaves += 1;
    if (leaves > FILTER_LEAVES_MAX) throw badFilter(`has more than ${FILTER_LEAVES_MAX} conditions`);
    return parsed(leaf, value);
  };
  return read(given, 1);
}

function parsed<Value>(schema: z.ZodType<Value>, value: unknown): Value {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw badFilter("has a condition that is none: it needs a type, a key and a value that fits the type");
}

function badFilter(says: string): Refusal {
  return new Refusal("invalid", `filters ${says}.`, { field: "filters" });
}

/** `asked` is the query as it came. */
export function searchAnswer(
  { dialect, search, asked }: { dialect: Dialect; search: Search; asked: SearchBody },
  vectorStoreId: string,
  found: readonly Found[],
): object {
  if (dialect === "results") {
    return {
      object: "file_search.results",
      vector_store_id: vectorStoreId,
      queries: search.queries,
      results: found.map((hit) => ({
        file_id: hit.documentId,
        filename: hit.filename,
        text: hit.chunk.text,
        score: hit.score,
        attributes: attributesOf(hit),
      })),
    };
  }
  return {
    object: "vector_store.search_results.page",
    search_query: dialect === "page of one query" ? asked.query : search.queries,
    data: found.map((hit) => ({
      file_id: hit.documentId,
      filename: hit.filename,
      score: hit.score,
      attributes: attributesOf(hit),
      content: [{ type: "text", text: hit.chunk.text }],
    })),
    has_more: false,
    next_page: null,
    request_id: `req_${randomUUID().replaceAll("-", "")}`,
  };
}

function attributesOf({ attributes, chunk, paged }: Found) {
  return { ...attributes, segment_index: chunk.page, ...(paged && { page: chunk.page + 1 }) };
}
