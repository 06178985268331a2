/** Vector stores: create, list, read, change, delete, and search; the files in them, and the tasks that work on them. */
import type { VectorStoreUpdate } from "../../verbs/vector-stores.ts";
import { isName, type Route, route } from "../route.ts";
import { nextCursor, pageOf } from "./cursor.ts";
import * as wire from "./document-schema.ts";
import { chunkingOf, wireHit, wireStoreFile, wireStoreSummary, wireVectorStore } from "./document-translate.ts";
import { list, page, paged, pageQuery, taskSummary } from "./schema.ts";
import { LENS, REPLAYED, REPLAYED_HEADER } from "./task-routes.ts";
import { wireSummary } from "./translate.ts";

const PATH = "/v1/vector-stores";
const STORE = `${PATH}/{id}`;
const FILES = `${STORE}/files`;

const params = { id: { about: "Its id.", is: isName } };
const fileParams = { ...params, file_id: { about: "The id of the file.", is: isName } };
const one = { status: 200, about: "The vector store.", schema: wire.vectorStore };

const stores: readonly Route[] = [
  route({
    method: "POST",
    path: PATH,
    id: "createVectorStore",
    scope: "tasks",
    tag: "Vector stores",
    summary: "Create a vector store",
    description:
      "Its task embeds the files, those that are still being read too. `not_found` for a file that there is not, and " +
      "nothing is made; `conflict` for an id that is taken; `rate_limited`.",
    body: wire.newVectorStore,
    idempotent: true,
    refuses: ["not_found", "conflict", "rate_limited"],
    answers: [
      {
        status: 202,
        about: "On disk; its task has begun.",
        schema: wire.vectorStore,
        headers: { Location: "URL of the vector store.", ...REPLAYED },
      },
    ],
    handle: async ({ principal, verbs, body, parts, idempotency }) => {
      parts.documents.take(principal, "vector store");
      const { id, name, description, metadata, file_ids, chunking, expires_after_ms } = body;
      const { store, replayed } = await verbs.vectorStores.create(
        principal,
        LENS,
        {
          ...(id !== undefined && { id }),
          name,
          description,
          metadata,
          documentIds: file_ids,
          ...(chunking !== undefined && { chunking: chunkingOf(chunking) }),
          expiresAfterMs: expires_after_ms,
        },
        idempotency,
      );
      const location = `${PATH}/${encodeURIComponent(store.id)}`;
      return { status: 202, body: wireVectorStore(store), headers: { location, ...(replayed && REPLAYED_HEADER) } };
    },
  }),
  route({
    method: "GET",
    path: PATH,
    id: "listVectorStores",
    scope: "tasks",
    tag: "Vector stores",
    summary: "List vector stores, newest first",
    description: "Those that the key may see. One that goes between two pages disturbs neither.",
    query: pageQuery,
    answers: [{ status: 200, about: "A page.", schema: paged(wire.vectorStore) }],
    handle: async ({ principal, verbs, query }) => {
      const { stores, more } = await verbs.vectorStores.list(principal, pageOf(query));
      return {
        status: 200,
        body: { data: stores.map(wireVectorStore), next_cursor: nextCursor(stores.at(-1), more) },
      };
    },
  }),
  route({
    method: "GET",
    path: STORE,
    id: "getVectorStore",
    scope: "tasks",
    tag: "Vector stores",
    summary: "Read a vector store",
    description: "`not_found`.",
    params,
    answers: [one],
    handle: async ({ principal, verbs, params }) => ({
      status: 200,
      body: wireVectorStore(await verbs.vectorStores.get(principal, params.id)),
    }),
  }),
  route({
    method: "PATCH",
    path: STORE,
    id: "updateVectorStore",
    scope: "tasks",
    tag: "Vector stores",
    summary: "Rename or describe a vector store, or change its end",
    description: "What is left out stays as it is. `not_found`; `rate_limited`.",
    params,
    body: wire.vectorStoreUpdate,
    refuses: ["rate_limited"],
    answers: [one],
    handle: async ({ principal, verbs, params, body, parts }) => {
      parts.documents.take(principal, "vector store");
      const { name, description, metadata, expires_after_ms } = body;
      const update: VectorStoreUpdate = {
        ...(name !== undefined && { name }),
        ...(description !== undefined && { description }),
        ...(metadata !== undefined && { metadata }),
        ...(expires_after_ms !== undefined && { expiresAfterMs: expires_after_ms }),
      };
      return {
        status: 200,
        body: wireVectorStore(await verbs.vectorStores.change(principal, LENS, params.id, update)),
      };
    },
  }),
  route({
    method: "DELETE",
    path: STORE,
    id: "deleteVectorStore",
    scope: "tasks",
    tag: "Vector stores",
    summary: "Delete a vector store; its files stay",
    description:
      "It is gone at once, and a task clears up behind it. `not_found`, also the second time; `rate_limited`.",
    params,
    refuses: ["rate_limited"],
    answers: [{ status: 202, about: "It is gone.", schema: wire.deletedVectorStore }],
    handle: async ({ principal, verbs, params, parts }) => {
      parts.documents.take(principal, "vector store");
      const { id, task } = await verbs.vectorStores.delete(principal, LENS, params.id);
      return { status: 202, body: { id, task_id: task } };
    },
  }),
];

const files: readonly Route[] = [
  route({
    method: "POST",
    path: FILES,
    id: "addVectorStoreFiles",
    scope: "tasks",
    tag: "Vector stores",
    summary: "Add files to a vector store",
    description:
      "By a task of its own: the `task_id` of each. A file that is in it already is embedded anew, with these " +
      "attributes. `not_found` for a file that there is not, and none is added; `rate_limited`.",
    params,
    body: wire.addedFiles,
    refuses: ["rate_limited"],
    answers: [{ status: 202, about: "The files, once each; their task has begun.", schema: list(wire.storeFile) }],
    handle: async ({ principal, verbs, params, body, parts }) => {
      parts.documents.take(principal, "vector store");
      const added = body.files.map(({ file_id, attributes, chunking }) => ({
        documentId: file_id,
        attributes,
        ...(chunking !== undefined && { chunking: chunkingOf(chunking) }),
      }));
      const { members } = await verbs.vectorStores.add(principal, LENS, params.id, added, false);
      return { status: 202, body: { data: members.map(wireStoreFile) } };
    },
  }),
  route({
    method: "GET",
    path: FILES,
    id: "listVectorStoreFiles",
    scope: "tasks",
    tag: "Vector stores",
    summary: "List the files of a vector store, the newest in it first",
    description: "`not_found`.",
    params,
    query: wire.storeFilesQuery,
    answers: [{ status: 200, about: "A page.", schema: paged(wire.storeFile) }],
    handle: async ({ principal, verbs, params, query }) => {
      const filter = query.status === undefined ? {} : { status: query.status };
      const { members, more } = await verbs.vectorStores.members(principal, params.id, filter, pageOf(query));
      const last = members.at(-1);
      const place = last && { createdAt: last.createdAt, id: last.documentId, key: last.document };
      return { status: 200, body: { data: members.map(wireStoreFile), next_cursor: nextCursor(place, more) } };
    },
  }),
  route({
    method: "GET",
    path: `${FILES}/{file_id}`,
    id: "getVectorStoreFile",
    scope: "tasks",
    tag: "Vector stores",
    summary: "Read what has become of a file in a vector store",
    description: "`not_found`.",
    params: fileParams,
    answers: [{ status: 200, about: "The file in the store.", schema: wire.storeFile }],
    handle: async ({ principal, verbs, params }) => ({
      status: 200,
      body: wireStoreFile(await verbs.vectorStores.member(principal, params.id, params.file_id)),
    }),
  }),
  route({
    method: "PATCH",
    path: `${FILES}/{file_id}`,
    id: "updateVectorStoreFile",
    scope: "tasks",
    tag: "Vector stores",
    summary: "Replace the attributes that a file has in a vector store",
    description: "Searches filter by them at once. `not_found`.",
    params: fileParams,
    body: wire.attributesBody,
    refuses: ["rate_limited"],
    answers: [{ status: 200, about: "The file in the store.", schema: wire.storeFile }],
    handle: async ({ principal, verbs, params: { id, file_id }, body: { attributes } }) => ({
      status: 200,
      body: wireStoreFile(await verbs.vectorStores.setAttributes(principal, id, file_id, attributes)),
    }),
  }),
  route({
    method: "DELETE",
    path: `${FILES}/{file_id}`,
    id: "removeVectorStoreFile",
    scope: "tasks",
    tag: "Vector stores",
    summary: "Take a file out of a vector store",
    description: "The file itself stays. `not_found`, also the second time.",
    params: fileParams,
    answers: [{ status: 204, about: "It is out." }],
    handle: async ({ principal, verbs, params }) => {
      await verbs.vectorStores.remove(principal, params.id, params.file_id);
      return { status: 204 };
    },
  }),
];

export const vectorStoreRoutes: readonly Route[] = [
  ...stores,
  ...files,
  route({
    method: "POST",
    path: `${STORE}/search`,
    searches: true,
    id: "searchVectorStore",
    scope: "tasks",
    tag: "Vector stores",
    summary: "Search a vector store, by words and by meaning",
    description:
      "Best first, each passage once; the same question has the same scores. Filters go before the limit. `not_found`; " +
      "`not_allowed_in_state` when the store has expired.",
    params,
    body: wire.searchBody,
    quiet: true,
    answers: [{ status: 200, about: "Passages, perhaps none.", schema: list(wire.hit) }],
    handle: async ({ principal, verbs, params, body: { query, limit, filter = null, score_min }, left }) => {
      const search = { queries: [query].flat(), filter, scoreMin: score_min, limit };
      const found = await verbs.vectorStores.search(principal, params.id, search, left());
      return { status: 200, body: { data: found.map(wireHit) } };
    },
  }),
  route({
    method: "GET",
    path: `${STORE}/summary`,
    id: "getVectorStoreSummary",
    scope: "tasks",
    tag: "Vector stores",
    summary: "Say what the files of a vector store say, in short",
    description: "Kept until they change. `not_found`; `not_allowed_in_state` when no file of it has been read.",
    params,
    query: wire.summaryQuery,
    refuses: ["not_allowed_in_state"],
    answers: [{ status: 200, about: "The summary.", schema: wire.storeSummary }],
    handle: async ({ principal, verbs, params, query }) => ({
      status: 200,
      body: wireStoreSummary(await verbs.vectorStores.summary(principal, params.id, query.tokens)),
    }),
  }),
  route({
    method: "GET",
    path: `${STORE}/tasks`,
    id: "listVectorStoreTasks",
    scope: "tasks",
    tag: "Vector stores",
    summary: "List the tasks that work or have worked on a vector store, newest first",
    description: "Its owner's. `total` counts all pages. `not_found`.",
    params,
    query: pageQuery,
    answers: [{ status: 200, about: "A page.", schema: page(taskSummary) }],
    handle: async ({ principal, verbs, params, query: { limit, cursor } }) => {
      const at = { limit, ...(cursor !== undefined && { cursor }) };
      const { tasks, total, next } = await verbs.vectorStores.tasks(principal, params.id, at);
      return { status: 200, body: { data: tasks.map(wireSummary), total, next_cursor: next } };
    },
  }),
];
