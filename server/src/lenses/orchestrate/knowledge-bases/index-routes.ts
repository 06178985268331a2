/** Work on documents and on what is searched of them, each as a background task. */
import { createHash } from "node:crypto";
import { z } from "zod";
import { Refusal } from "../../../task/errors.ts";
import { uuidV8 } from "../../../task/id.ts";
import type { Principal } from "../../../task/principal.ts";
import type { VectorStore } from "../../../verbs/vector-stores.ts";
import type { Verbs } from "../../../verbs/verbs.ts";
import { anyQuery, isName, type Route, route } from "../../route.ts";
import { foundAs } from "../errors.ts";
import { documentOf } from "../files/document.ts";
import { FORM_BYTES_MAX, formBody, oneFile, readFiles, someFiles } from "../form.ts";
import { NAMES } from "../names.ts";
import { success } from "../success.ts";
import { begunTask } from "../tasks/background-task.ts";
import { taskBegun } from "../tasks/schema.ts";
import { ingest } from "./ingest.ts";
import { membersOf } from "./knowledge-base.ts";

const answers = success(taskBegun);
const indexParams = { index_id: { about: "The id of a knowledge base, which is that of its index", is: () => true } };
const oneUpload = z.object({ file: oneFile });
const uploads = z.object({ files: someFiles });
const form = {
  query: anyQuery,
  reads: "form or fields",
  bodyType: "multipart/form-data",
  bodyBytesMax: FORM_BYTES_MAX,
  refuses: ["unauthenticated", "invalid", "not_found", "conflict", "too_large", "rate_limited"],
  answers,
} as const;

function indexing(act: "rebuild" | "refresh" | "collections", summary: string, description: string): Route {
  return route({
    method: "PUT",
    path: `/v1/vector-indices/{index_id}/${act}`,
    id: `${act}_vector_index`,
    scope: "tasks",
    tag: "Vector Indices",
    summary,
    description,
    params: indexParams,
    query: anyQuery,
    reads: "lenient",
    body: z.unknown(),
    refuses: ["unauthenticated", "not_found", "rate_limited"],
    answers,
    handle: async ({ principal, verbs, parts, params }) => {
      const index = await foundAs("Vector index", verbs.vectorStores.get(principal, params.index_id));
      parts.documents.take(principal, "vector store");
      const again = [];
      for await (const { documentId, status, attributes, chunking } of membersOf(verbs, principal, index.id)) {
        if (act !== "refresh" || status !== "completed") again.push({ documentId, attributes, chunking });
      }
      await verbs.vectorStores.add(principal, NAMES, index.id, again, false);
      const { task } = await verbs.vectorStores.get(principal, index.id);
      return { status: 200, body: await begunTask(verbs, principal, task) };
    },
  });
}

/** What an agent is handed files into; it is made with the first of them. */
async function storeOfAgent(verbs: Verbs, principal: Principal, agentId: string): Promise<VectorStore> {
  const agent = await foundAs("Agent", verbs.agents.get(principal, agentId));
  const id = uuidV8(createHash("sha256").update(`files of ${agent.id}`).digest());
  const store = await verbs.vectorStores.get(principal, id).catch(async (error: unknown) => {
    if (!(error instanceof Refusal) || error.code !== "not_found") throw error;
    const name = `Files of ${agent.definition.name}`;
    const made = { id, name, description: "", metadata: {}, documentIds: [], expiresAfterMs: null };
    return (await verbs.vectorStores.create(principal, NAMES, made)).store;
  });
  const { knowledgeBases } = agent.definition;
  // One without knowledge bases searches all that there are.
  if (knowledgeBases.length > 0 && !knowledgeBases.includes(id)) {
    await verbs.agents.update(principal, agent.id, { knowledgeBases: [...knowledgeBases, id] });
  }
  return store;
}

export const indexRoutes: readonly Route[] = [
  indexing("rebuild", "Rebuild Vector Index", "Reads nothing anew: all of its files are cut and embedded again."),
  indexing("refresh", "Refresh Vector Index", "Takes in what is not in it yet: what has failed, or was cancelled."),
  indexing("collections", "Rebuild Collections", "As a rebuild: an index is one collection here."),
  route({
    ...form,
    method: "POST",
    path: "/v1/documents/{doc_id}/upload",
    id: "upload_document",
    scope: "tasks",
    tag: "Documents",
    summary: "Upload Document",
    description: "Under the id that the client gives it, which is not to be taken. It is read by the background task.",
    params: { doc_id: { about: "The id that it is to have", is: isName } },
    body: formBody(oneUpload),
    handle: async ({ principal, verbs, parts, left, params, body, headers }) => {
      const caller = { principal, verbs, parts, left };
      const { file } = await readFiles({ ...caller, body, headers }, oneUpload, new Map([["files", "file"]]));
      const { task } = await documentOf(caller, file, params.doc_id);
      return { status: 200, body: await begunTask(verbs, principal, task) };
    },
  }),
  route({
    ...form,
    method: "POST",
    path: "/v1/assistants/custom/{assistant_id}/files",
    id: "upload_assistant_files",
    scope: "tasks",
    tag: "Assistants",
    summary: "Upload Files of an Assistant",
    description: "Into a knowledge base of its own, from which it answers from then on.",
    params: { assistant_id: { about: "An agent's id, or its slug", is: () => true } },
    body: formBody(uploads),
    handle: async ({ principal, verbs, parts, left, params, body, headers }) => {
      const caller = { principal, verbs, parts, left };
      const { files } = await readFiles({ ...caller, body, headers }, uploads, new Map([["file", "files"]]));
      const store = await storeOfAgent(verbs, principal, params.assistant_id);
      await ingest(caller, store, files);
      const { task } = await verbs.vectorStores.get(principal, store.id);
      return { status: 200, body: await begunTask(verbs, principal, task) };
    },
  }),
];
