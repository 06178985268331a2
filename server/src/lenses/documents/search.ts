/** The three dialects of a search, told apart by their members, and what each is answered with. */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { Refusal } from "../../task/errors.ts";
import type { Found, Search } from "../../verbs/vector-stores.ts";
import { attributeFilter } from "../attribute-filter.ts";
import { queries, query, RESULTS_MAX, RESULTS_USUAL, score } from "../document-fields.ts";
import { withoutNulls } from "../without-nulls.ts";

const results = z.int(`must be between 1 and ${RESULTS_MAX}`);
const resultCount = results
  .min(1, `must be between 1 and ${RESULTS_MAX}`)
  .max(RESULTS_MAX, `must be between 1 and ${RESULTS_MAX}`);

const searchMembers = z.object({
  queries: queries.optional(),
  query: z.union([query, queries]).optional(),
  top_k: resultCount.optional(),
  max_num_results: resultCount.optional(),
  score_threshold: score.optional(),
  filters: attributeFilter.optional(),
  ranking_options: z
    .object({
      score_threshold: score.nullish(),
      ranker: z.enum(["none", "auto", "default-2024-11-15"]).nullish(),
    })
    .nullish(),
  rewrite_query: z.boolean().optional(),
});
export const searchBody = withoutNulls(searchMembers, "3.1.0");
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
      filter: body.filters ?? null,
      scoreMin: body.score_threshold ?? body.ranking_options?.score_threshold ?? 0,
      limit: (dialect === "page of one query" ? body.top_k : body.max_num_results) ?? RESULTS_USUAL,
    },
  };
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
