/** Vector stores: create, list, read, change, delete, summarise, search. */
import { z } from "zod";
import { Refusal } from "../../task/errors.ts";
import type { PlacedPage } from "../../task/task-filter.ts";
import type { VectorStore } from "../../verbs/vector-stores.ts";
import type { Verbs } from "../../verbs/verbs.ts";
import { firstParam, wholeParam, wholeWire } from "../paging.ts";
import { type Answer, anyQuery, type Route, route } from "../route.ts";
import { listParams, longList, pageOf } from "./lists.ts";
import * as schema from "./schema.ts";
import { searchAnswer, searchBody, searchOf } from "./search.ts";
import { NAMES } from "./task-routes.ts";
import { pollHeaders, seconds } from "./translate.ts";
import { statusOf, vectorStoreOf } from "./vector-store.ts";

export const storeParams = {
  vector_store_id: {
    about: "The id of the vector store",
    noun: "Vector store",
    is: (text: string) => text.length >= 1 && text.length <= 255,
  },
};
const TOKENS = { min: 1, max: 4_000, usual: 1_000 };

const answers = [{ status: 200, about: "The vector store.", schema: schema.vectorStoreObject }];

async function answerStore({ vectorStores }: Verbs, store: VectorStore): Promise<Answer> {
  const body = vectorStoreOf(store, await vectorStores.documentIds(store));
  return { status: 200, body, headers: pollHeaders(statusOf(store) !== "in_progress") };
}

export const vectorStoreRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/v1/vector_stores",
    id: "create_vector_store",
    scope: "tasks",
    tag: "vector stores",
    summary: "Create a vector store",
    description: "Its files are embedded by a background task.",
    body: schema.newVectorStore,
    query: anyQuery,
    refuses: ["unauthenticated", "invalid", "not_found", "conflict", "rate_limited"],
    answers,
    handle: async ({ principal, verbs, body, parts }) => {
      parts.documents.take(principal, "vector store");
      const { store } = await verbs.vectorStores.create(principal, NAMES, {
        ...(body.id !== undefined && { id: body.id }),
        name: body.name ?? "",
        description: body.description ?? "",
        metadata: body.metadata ?? {},
        documentIds: body.file_ids ?? [],
        ...(body.chunking_strategy !== undefined && { chunking: body.chunking_strategy }),
        expiresAfterMs: body.expires_after ?? null,
      });
      return answerStore(verbs, store);
    },
  }),
  route({
    method: "GET",
    path: "/v1/vector_stores",
    id: "list_vector_stores",
    scope: "tasks",
    tag: "vector stores",
    summary: "List vector stores",
    query: z.looseObject(listParams({ usual: 20, max: 100 })),
    refuses: ["unauthenticated", "invalid"],
    answers: [{ status: 200, about: "A page of them.", schema: schema.vectorStoreList }],
    handle: async ({ principal, verbs, query }) => {
      const read = async (page: PlacedPage) => {
        const { stores, more } = await verbs.vectorStores.list(principal, page);
        return { items: stores, more };
      };
      const show = async (store: VectorStore) => vectorStoreOf(store, await verbs.vectorStores.documentIds(store));
      return await longList(pageOf(query), read, show);
    },
  }),
  route({
    method: "GET",
    path: "/v1/vector_stores/{vector_store_id}",
    id: "get_vector_store",
    scope: "tasks",
    tag: "vector stores",
    summary: "Read a vector store",
    params: storeParams,
    query: anyQuery,
    refuses: ["unauthenticated", "not_found"],
    answers,
    handle: async ({ principal, verbs, params }) =>
      answerStore(verbs, await verbs.vectorStores.get(principal, params.vector_store_id)),
  }),
  route({
    method: "POST",
    path: "/v1/vector_stores/{vector_store_id}",
    id: "change_vector_store",
    scope: "tasks",
    tag: "vector stores",
    summary: "Change a vector store",
    params: storeParams,
    query: anyQuery,
    body: schema.vectorStoreUpdate,
    refuses: ["unauthenticated", "invalid", "not_found", "rate_limited"],
    answers,
    handle: async ({ principal, verbs, params, body, parts }) => {
      if (Object.keys(body).length === 0) throw new Refusal("invalid", "Nothing is to be changed.");
      parts.documents.take(principal, "vector store");
      const store = await verbs.vectorStores.change(principal, NAMES, params.vector_store_id, {
        ...(body.name !== undefined && { name: body.name ?? "" }),
        ...(body.description !== undefined && { description: body.description ?? "" }),
        ...(body.metadata !== undefined && { metadata: body.metadata ?? {} }),
        ...(body.expires_after !== undefined && { expiresAfterMs: body.expires_after }),
        ...(body.join_file_ids && { join: body.join_file_ids }),
        ...(body.left_file_ids && { leave: body.left_file_ids }),
      });
      return answerStore(verbs, store);
    },
  }),
  route({
    method: "DELETE",
    path: "/v1/vector_stores/{vector_store_id}",
    id: "delete_vector_store",
    scope: "tasks",
    tag: "vector stores",
    summary: "Delete a vector store",
    description: "Its files stay.",
    params: storeParams,
    query: anyQuery,
    refuses: ["unauthenticated", "not_found", "rate_limited"],
    answers: [{ status: 200, about: "It is gone.", schema: schema.deletedObject }],
    handle: async ({ principal, verbs, params, parts }) => {
      parts.documents.take(principal, "vector store");
      const { id, taskId } = await verbs.vectorStores.delete(principal, NAMES, params.vector_store_id);
      return { status: 200, body: { id, object: "vector_store.deleted", deleted: true, task_id: taskId } };
    },
  }),
  route({
    method: "GET",
    path: "/v1/vector_stores/{vector_store_id}/summary",
    id: "summarize_vector_store",
    scope: "tasks",
    tag: "vector stores",
    summary: "Say what the files of a vector store say, in short",
    params: storeParams,
    query: z.looseObject({
      model: firstParam(z.string().max(255).optional(), { type: "string" }).describe(
        "One that is not configured is answered by the built-in method, which `model` names",
      ),
      max_tokens: firstParam(wholeParam(TOKENS), wholeWire(TOKENS)),
    }),
    refuses: ["unauthenticated", "invalid", "not_found", "not_allowed_in_state"],
    answers: [{ status: 200, about: "The summary.", schema: schema.summaryObject }],
    handle: async ({ principal, verbs, params, query }) => {
      const { vector_store_id: id } = params;
      const { text, model, tokens, createdAt, durationMs } = await verbs.vectorStores.summary(
        principal,
        id,
        query.max_tokens,
      );
      const body = {
        object: "vector_store.summary",
        vector_store_id: id,
        summary: text,
        model,
        token_count: tokens,
        summary_text: text,
        model_used: model,
        created_at: seconds(createdAt),
        duration_ms: durationMs,
      };
      return { status: 200, body };
    },
  }),
  route({
    method: "POST",
    path: "/v1/vector_stores/{vector_store_id}/search",
    searches: true,
    id: "search_vector_store",
    scope: "tasks",
    tag: "vector stores",
    summary: "Search a vector store",
    description:
      "`queries`, or `query` with `top_k`, or `query` with `max_num_results`: the answer is shaped as each of its clients reads it.",
    params: storeParams,
    query: anyQuery,
    body: searchBody,
    refuses: ["unauthenticated", "invalid", "not_found", "not_allowed_in_state"],
    answers: [{ status: 200, about: "What was found, best first.", schema: schema.searchResults }],
    handle: async ({ principal, verbs, params, body, left }) => {
      const { search, dialect } = searchOf(body);
      const found = await verbs.vectorStores.search(principal, params.vector_store_id, search, left());
      return { status: 200, body: searchAnswer({ search, dialect, asked: body }, params.vector_store_id, found) };
    },
  }),
];
