import { Refusal } from "../../../task/errors.ts";
import type { Principal } from "../../../task/principal.ts";
import type { Document } from "../../../verbs/documents.ts";
import type { VectorStore } from "../../../verbs/vector-stores.ts";
import type { Verbs } from "../../../verbs/verbs.ts";
import { documentOf } from "../files/document.ts";
import type { Caller, Received } from "../form.ts";
import { NAMES } from "../names.ts";
import { membersOf } from "./knowledge-base.ts";

/** The attribute by which a knowledge base knows the files that it was handed itself, which go with it. */
const OWN = "ingested";

/**
 * The files become documents of the knowledge base, which one background task embeds. Each takes the place of the file of
 * its name; with `instead`, all of them that of every file that the knowledge base was handed itself.
 */
export async function ingest(
  caller: Caller,
  store: VectorStore,
  files: readonly Received[],
  { urls = {}, instead = false }: { urls?: Readonly<Record<string, string>> | undefined; instead?: boolean } = {},
): Promise<Document[]> {
  const { principal, verbs } = caller;
  const names = new Set(files.map(({ filename }) => filename));
  const old: string[] = [];
  for await (const { documentId, filename, attributes } of membersOf(verbs, principal, store.id)) {
    if (attributes[OWN] === true && (instead || names.has(filename))) old.push(documentId);
  }
  const documents: Document[] = [];
  for (const file of files) documents.push(await documentOf(caller, file));
  const members = documents.map(({ id, filename }) => {
    const url = Object.hasOwn(urls, filename) ? urls[filename] : undefined;
    return { documentId: id, attributes: { [OWN]: true, ...(url !== undefined && { url }) } };
  });
  await verbs.vectorStores.add(principal, NAMES, store.id, members, false);
  for (const id of old) await forgotten(verbs, principal, id);
  return documents;
}

/** Deletes a knowledge base, with the files that it was handed itself and nothing else has. */
export async function dropKnowledgeBase(verbs: Verbs, principal: Principal, store: VectorStore): Promise<void> {
  const own: string[] = [];
  for await (const { documentId, attributes } of membersOf(verbs, principal, store.id)) {
    if (attributes[OWN] === true) own.push(documentId);
  }
  await verbs.vectorStores.delete(principal, NAMES, store.id);
  for (const id of own) {
    const { vectorStoreIds } = await verbs.documents
      .whole(principal, id)
      .catch(unlessGone({ vectorStoreIds: [store.id] }));
    if (vectorStoreIds.length === 0) await forgotten(verbs, principal, id);
  }
}

async function forgotten({ documents }: Verbs, principal: Principal, id: string): Promise<void> {
  await documents.delete(principal, id).catch(unlessGone(undefined));
}

function unlessGone<Value>(otherwise: Value): (error: unknown) => Value {
  return (error) => {
    if (error instanceof Refusal && error.code === "not_found") return otherwise;
    throw error;
  };
}
