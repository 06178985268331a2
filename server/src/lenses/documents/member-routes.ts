/** The files of a vector store, alone and in batches. */
import { z } from "zod";
import { type DocumentPage, MEMBER_STATUSES } from "../../task/documents/document.ts";
import { Refusal } from "../../task/errors.ts";
import type { Principal } from "../../task/principal.ts";
import type { Batch, Member } from "../../verbs/vector-stores.ts";
import type { Verbs } from "../../verbs/verbs.ts";
import { jsonWithList } from "../body/json-list.ts";
import { firstParam } from "../paging.ts";
import { type Answer, anyQuery, JSON_TYPE, type Route, route } from "../route.ts";
import { listObject, listParams, pageOf } from "./lists.ts";
import * as schema from "./schema.ts";
import { pagesOf } from "./slices.ts";
import { NAMES } from "./task-routes.ts";
import { pollHeaders } from "./translate.ts";
import { batchOf, batchStatus, memberOf } from "./vector-store.ts";
import { storeParams } from "./vector-store-routes.ts";

const isId = (text: string) => text.length >= 1 && text.length <= 255;
const memberParams = { ...storeParams, file_id: { about: "The id of the file", is: isId } };
const batchParams = { ...storeParams, batch_id: { about: "The id of the batch", is: isId } };
const FILES = "/v1/vector_stores/{vector_store_id}/files";
const BATCHES = "/v1/vector_stores/{vector_store_id}/file_batches";

const memberQuery = z.looseObject({
  ...listParams({ usual: 20, max: 100 }),
  filter: firstParam(z.enum(MEMBER_STATUSES).optional(), { type: "string", enum: [...MEMBER_STATUSES] }),
});

function answerMember(member: Member): Answer {
  return { status: 200, body: memberOf(member), headers: pollHeaders(member.status !== "in_progress") };
}

function answerBatch(batch: Batch): Answer {
  return { status: 200, body: batchOf(batch), headers: pollHeaders(batchStatus(batch.counts) !== "in_progress") };
}

async function listed(
  verbs: Verbs,
  principal: Principal,
  id: string,
  query: z.infer<typeof memberQuery>,
  batch?: string,
): Promise<Answer> {
  const filter = {
    ...(query.filter !== undefined && { status: query.filter }),
    ...(batch !== undefined && { batch }),
  };
  const { members, more } = await verbs.vectorStores.members(principal, id, filter, pageOf(query));
  const items = members.map((member) => ({ ...memberOf(member), filename: member.filename }));
  return { status: 200, body: listObject(items, more) };
}

async function* texts(pages: AsyncIterable<DocumentPage>): AsyncIterable<{ type: "text"; text: string }> {
  for await (const { content } of pages) yield { type: "text", text: content };
}

/** The members that a batch names: with attributes and a strategy of their own, or with those of the batch. */
function membersOf({ file_ids, files, attributes, chunking_strategy }: z.infer<typeof schema.newBatch>) {
  if ((file_ids === undefined) === (files === undefined)) {
    throw new Refusal("invalid", "Exactly one of file_ids and files is needed.", { field: "file_ids" });
  }
  const given = files ?? (file_ids ?? []).map((file_id) => ({ file_id, attributes, chunking_strategy }));
  return given.map(newMemberOf);
}

function newMemberOf({ file_id, attributes, chunking_strategy }: z.infer<typeof schema.newMember>) {
  return {
    documentId: file_id,
    attributes: attributes ?? {},
    ...(chunking_strategy !== undefined && { chunking: chunking_strategy }),
  };
}

const memberAnswers = [{ status: 200, about: "The file in the store.", schema: schema.memberObject }];
const batchAnswers = [{ status: 200, about: "The batch.", schema: schema.batchObject }];
const refuses = ["unauthenticated", "not_found", "invalid"] as const;

const alone: readonly Route[] = [
  route({
    method: "POST",
    path: FILES,
    id: "add_vector_store_file",
    scope: "tasks",
    tag: "files of vector stores",
    summary: "Add a file to a vector store",
    params: storeParams,
    query: anyQuery,
    body: schema.newMember,
    refuses,
    answers: memberAnswers,
    handle: async ({ principal, verbs, params, body, parts }) => {
      parts.documents.take(principal, "vector store");
      const { members } = await verbs.vectorStores.add(
        principal,
        NAMES,
        params.vector_store_id,
        [newMemberOf(body)],
        false,
      );
      const [member] = members;
      if (!member) throw new Refusal("not_found", "There is no such file.", { field: "file_id" });
      return answerMember(member);
    },
  }),
  route({
    method: "GET",
    path: FILES,
    id: "list_vector_store_files",
    scope: "tasks",
    tag: "files of vector stores",
    summary: "List the files of a vector store",
    params: storeParams,
    query: memberQuery,
    refuses,
    answers: [{ status: 200, about: "A page of them.", schema: schema.memberList }],
    handle: async ({ principal, verbs, params, query }) => listed(verbs, principal, params.vector_store_id, query),
  }),
  route({
    method: "GET",
    path: `${FILES}/{file_id}`,
    id: "get_vector_store_file",
    scope: "tasks",
    tag: "files of vector stores",
    summary: "Read a file of a vector store",
    params: memberParams,
    query: anyQuery,
    refuses,
    answers: memberAnswers,
    handle: async ({ principal, verbs, params }) =>
      answerMember(await verbs.vectorStores.member(principal, params.vector_store_id, params.file_id)),
  }),
  route({
    method: "POST",
    path: `${FILES}/{file_id}`,
    id: "change_vector_store_file",
    scope: "tasks",
    tag: "files of vector stores",
    summary: "Replace the attributes of a file of a vector store",
    params: memberParams,
    query: anyQuery,
    body: schema.memberUpdate,
    refuses: [...refuses, "rate_limited"],
    answers: memberAnswers,
    handle: async ({ principal, verbs, params, body }) =>
      answerMember(
        await verbs.vectorStores.setAttributes(principal, params.vector_store_id, params.file_id, body.attributes),
      ),
  }),
  route({
    method: "GET",
    path: `${FILES}/{file_id}/content`,
    id: "get_vector_store_file_content",
    scope: "tasks",
    tag: "files of vector stores",
    summary: "Read the text of a file of a vector store",
    params: memberParams,
    query: anyQuery,
    refuses,
    answers: [{ status: 200, about: "Its text, page by page.", schema: schema.searchResults }],
    handle: async ({ principal, verbs, params }) => {
      await verbs.vectorStores.member(principal, params.vector_store_id, params.file_id);
      return {
        status: 200,
        file: jsonWithList(
          (data) => ({ object: "vector_store.file_content.page", data, has_more: false, next_page: null }),
          texts(pagesOf(verbs.documents, principal, params.file_id)),
        ),
        headers: { "content-type": JSON_TYPE },
      };
    },
  }),
  route({
    method: "DELETE",
    path: `${FILES}/{file_id}`,
    id: "remove_vector_store_file",
    scope: "tasks",
    tag: "files of vector stores",
    summary: "Take a file out of a vector store",
    params: memberParams,
    query: anyQuery,
    refuses,
    answers: [{ status: 200, about: "It is out.", schema: schema.deletedObject }],
    handle: async ({ principal, verbs, params }) => {
      await verbs.vectorStores.remove(principal, params.vector_store_id, params.file_id);
      return { status: 200, body: { id: params.file_id, object: "vector_store.file.deleted", deleted: true } };
    },
  }),
];

const inBatches: readonly Route[] = [
  route({
    method: "POST",
    path: BATCHES,
    id: "create_file_batch",
    scope: "tasks",
    tag: "files of vector stores",
    summary: "Add many files to a vector store",
    params: storeParams,
    query: anyQuery,
    body: schema.newBatch,
    refuses,
    answers: batchAnswers,
    handle: async ({ principal, verbs, params, body, parts }) => {
      parts.documents.take(principal, "vector store");
      const members = membersOf(body);
      const { batch } = await verbs.vectorStores.add(principal, NAMES, params.vector_store_id, members, true);
      if (!batch) throw new Error("A batch was begun, and is not there.");
      return answerBatch(batch);
    },
  }),
  route({
    method: "GET",
    path: `${BATCHES}/{batch_id}`,
    id: "get_file_batch",
    scope: "tasks",
    tag: "files of vector stores",
    summary: "Read a batch",
    params: batchParams,
    query: anyQuery,
    refuses,
    answers: batchAnswers,
    handle: async ({ principal, verbs, params }) =>
      answerBatch(await verbs.vectorStores.batch(principal, params.vector_store_id, params.batch_id)),
  }),
  route({
    method: "POST",
    path: `${BATCHES}/{batch_id}/cancel`,
    id: "cancel_file_batch",
    scope: "tasks",
    tag: "files of vector stores",
    summary: "Cancel what of a batch is in progress",
    params: batchParams,
    query: anyQuery,
    reads: "lenient",
    body: z.unknown(),
    refuses,
    answers: batchAnswers,
    handle: async ({ principal, verbs, params }) =>
      answerBatch(await verbs.vectorStores.cancelBatch(principal, params.vector_store_id, params.batch_id)),
  }),
  route({
    method: "GET",
    path: `${BATCHES}/{batch_id}/files`,
    id: "list_file_batch_files",
    scope: "tasks",
    tag: "files of vector stores",
    summary: "List the files of a batch",
    params: batchParams,
    query: memberQuery,
    refuses,
    answers: [{ status: 200, about: "A page of them.", schema: schema.memberList }],
    handle: async ({ principal, verbs, params, query }) =>
      listed(verbs, principal, params.vector_store_id, query, params.batch_id),
  }),
];

export const memberRoutes: readonly Route[] = [...alone, ...inBatches];
