/** Knowledge bases: what agents answer from. */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { Refusal } from "../../../task/errors.ts";
import type { Principal } from "../../../task/principal.ts";
import type { Document } from "../../../verbs/documents.ts";
import type { VectorStore } from "../../../verbs/vector-stores.ts";
import type { Verbs } from "../../../verbs/verbs.ts";
import { anyQuery, type Route, route } from "../../route.ts";
import { FORM_BYTES_MAX, formBody, readFiles } from "../form.ts";
import { backgroundIdOf, NAMES } from "../names.ts";
import { success } from "../success.ts";
import { dropKnowledgeBase, ingest } from "./ingest.ts";
import {
  chunkingOf,
  KEPT,
  knowledgeBaseNamed,
  knowledgeBaseOf,
  knowledgeBases,
  statusOf,
  storeFieldsOf,
} from "./knowledge-base.ts";
import {
  ingestion,
  knowledgeBaseOut,
  knowledgeBaseStatus,
  knowledgeBasesQuery,
  knowledgeBaseUpdate,
  newKnowledgeBase,
} from "./schema.ts";

const TAG = "Knowledge Bases";
const PATH = "/v1/orchestrate/knowledge-bases";
const params = { knowledge_base_id: { about: "A knowledge base's id", is: () => true } };
/** Of one knowledge base, which there may not be. */
const ofOne = { tag: TAG, params, query: anyQuery, refuses: ["unauthenticated", "not_found"] } as const;
const reading = {
  tag: TAG,
  query: anyQuery,
  reads: "form or fields",
  bodyType: "multipart/form-data",
  bodyBytesMax: FORM_BYTES_MAX,
} as const;
const refuses = ["unauthenticated", "invalid", "not_found", "conflict", "too_large", "rate_limited"] as const;
const begun = success(ingestion);

function changing(method: "PUT" | "PATCH", id: string, summary: string, description: string): Route {
  return route({
    ...reading,
    method,
    path: `${PATH}/{knowledge_base_id}/documents`,
    id,
    scope: "tasks",
    summary,
    description,
    params,
    body: formBody(knowledgeBaseUpdate),
    refuses,
    answers: begun,
    handle: async ({ principal, verbs, parts, left, params, body, headers }) => {
      const caller = { principal, verbs, parts, left };
      const sent = await readFiles({ ...caller, body, headers }, knowledgeBaseUpdate);
      const { knowledge_base: given, file_urls: urls, files } = sent;
      const known = await knowledgeBaseNamed(verbs, principal, params.knowledge_base_id);
      if (typeof given?.name === "string" && given.name !== known.name) {
        await mustBeFree(verbs, principal, given.name);
      }
      const update = given === undefined ? {} : { ...storeFieldsOf(given, known.metadata), nameAmong: KEPT };
      const store = await named(given?.name, verbs.vectorStores.change(principal, NAMES, known.id, update));
      if (files.length === 0) return { status: 200, body: await answerOf(verbs, principal, store, []) };
      const documents = await ingest(caller, store, files, { urls, instead: method === "PATCH" });
      return { status: 200, body: await answerOf(verbs, principal, store, documents) };
    },
  });
}

async function answerOf(verbs: Verbs, principal: Principal, { id }: VectorStore, documents: readonly Document[]) {
  const { task } = await verbs.vectorStores.get(principal, id);
  return {
    knowledge_base: id,
    task_id: task === null ? null : backgroundIdOf({ id: task }),
    documents: documents.map(({ id, filename }) => ({ id, file_name: filename })),
  };
}

async function mustBeFree(verbs: Verbs, principal: Principal, name: string): Promise<void> {
  if (name.trim() === "") throw new Refusal("invalid", "a knowledge base has a name", { field: "knowledge_base.name" });
  const taken = (await knowledgeBases(verbs, principal)).some((store) => store.name === name);
  if (taken) throw nameTaken(name);
}

function nameTaken(name: string): Refusal {
  return new Refusal("conflict", `A knowledge base with the name '${name}' already exists`);
}

/** What is made or changed under a name, which another request may have taken a moment before. */
async function named<Value>(name: string | null | undefined, written: Promise<Value>): Promise<Value> {
  try {
    return await written;
  } catch (error) {
    const isTaken = error instanceof Refusal && error.code === "conflict" && error.detail.field === "name";
    throw isTaken ? nameTaken(name ?? "") : error;
  }
}

export const knowledgeBaseRoutes: readonly Route[] = [
  route({
    ...reading,
    method: "POST",
    path: `${PATH}/documents`,
    id: "create_knowledge_base",
    scope: "tasks",
    summary: "Create Knowledge Base",
    description:
      "With its files, if there are any: a background task reads and embeds them, and its status says how far that is. A " +
      "name is a knowledge base's alone.",
    body: formBody(newKnowledgeBase),
    refuses,
    answers: begun,
    handle: async ({ principal, verbs, parts, left, body, headers }) => {
      parts.documents.take(principal, "vector store");
      const caller = { principal, verbs, parts, left };
      const sent = await readFiles({ ...caller, body, headers }, newKnowledgeBase);
      const { knowledge_base: given, file_urls: urls, files } = sent;
      await mustBeFree(verbs, principal, given.name);
      const chunking = chunkingOf(given);
      const { description = "", metadata = {} } = storeFieldsOf(given);
      const making = verbs.vectorStores.create(principal, NAMES, {
        id: randomUUID(),
        name: given.name,
        nameAmong: KEPT,
        description,
        metadata,
        documentIds: [],
        ...(chunking !== undefined && { chunking }),
        expiresAfterMs: null,
      });
      const { store } = await named(given.name, making);
      const documents = files.length === 0 ? [] : await ingest(caller, store, files, { urls });
      return { status: 200, body: await answerOf(verbs, principal, store, documents) };
    },
  }),
  changing("PUT", "add_knowledge_base_documents", "Add Documents", "A file takes the place of the one of its name."),
  changing(
    "PATCH",
    "update_knowledge_base",
    "Update Knowledge Base",
    "Only what is sent changes. Files, where any are sent, take the place of all that it was handed before.",
  ),
  route({
    method: "GET",
    path: PATH,
    id: "list_knowledge_bases",
    scope: "tasks",
    tag: TAG,
    summary: "List Knowledge Bases",
    description: "Newest first, at most 1,000: every vector store whose id is a UUID.",
    query: knowledgeBasesQuery,
    refuses: ["unauthenticated", "invalid"],
    answers: success(z.array(knowledgeBaseOut)),
    handle: async ({ principal, verbs, query: { names, ids } }) => {
      const all = (await knowledgeBases(verbs, principal)).map(knowledgeBaseOf);
      const wanted = all.filter(({ id, name }) => (names?.includes(name) ?? true) && (ids?.includes(id) ?? true));
      return { status: 200, body: wanted };
    },
  }),
  route({
    ...ofOne,
    method: "GET",
    path: `${PATH}/{knowledge_base_id}`,
    id: "get_knowledge_base",
    scope: "tasks",
    summary: "Get Knowledge Base",
    answers: success(knowledgeBaseOut),
    handle: async ({ principal, verbs, params }) => ({
      status: 200,
      body: knowledgeBaseOf(await knowledgeBaseNamed(verbs, principal, params.knowledge_base_id)),
    }),
  }),
  route({
    ...ofOne,
    method: "GET",
    path: `${PATH}/{knowledge_base_id}/status`,
    id: "get_knowledge_base_status",
    scope: "tasks",
    summary: "Get Knowledge Base Status",
    description:
      "`rebuilding` while files are read and embedded. One of which some files could not be read is `ready`.",
    quiet: true,
    answers: success(knowledgeBaseStatus),
    handle: async ({ principal, verbs, params }) => {
      const store = await knowledgeBaseNamed(verbs, principal, params.knowledge_base_id);
      return { status: 200, body: await statusOf(verbs, principal, store) };
    },
  }),
  route({
    ...ofOne,
    method: "DELETE",
    path: `${PATH}/{knowledge_base_id}`,
    id: "delete_knowledge_base",
    scope: "tasks",
    summary: "Delete Knowledge Base",
    description: "With the files that it was handed itself, as far as nothing else has them.",
    answers: success(knowledgeBaseOut),
    handle: async ({ principal, verbs, params }) => {
      const store = await knowledgeBaseNamed(verbs, principal, params.knowledge_base_id);
      await dropKnowledgeBase(verbs, principal, store);
      return { status: 200, body: knowledgeBaseOf(store) };
    },
  }),
];
