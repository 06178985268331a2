/** Files of a request to documents, and on to the knowledge base that answers from them. */
import type { Readable } from "node:stream";
import type { z } from "zod";
import { Refusal } from "../../task/errors.ts";
import type { TaskId } from "../../task/id.ts";
import type { Principal } from "../../task/principal.ts";
import type { Document } from "../../verbs/documents.ts";
import type { Upload } from "../../verbs/uploads.ts";
import type { VectorStore } from "../../verbs/vector-stores.ts";
import type { Verbs } from "../../verbs/verbs.ts";
import { cleanFilename, mediaTypeOf } from "../filename.ts";
import { FieldFault, Form } from "../form.ts";
import type { LensParts } from "../lens-parts.ts";
import { foundAs } from "./errors.ts";
import { membersOf } from "./knowledge-base.ts";
import { backgroundIdOf, NAMES } from "./names.ts";
import { taskStatusOf } from "./vocabulary.ts";

/** A form may be as long as the longest files that any deployment takes: the bound of each file is its own. */
export const FORM_BYTES_MAX = 16 * 1024 ** 3;
/** Of fields that come without files, in a body of another kind. */
const FIELDS_BYTES_MAX = 1 << 20;
const PURPOSE = "assistants";
/** The attribute by which a knowledge base knows the files that it was handed itself, which go with it. */
const OWN = "ingested";

export type Received = { filename: string; mediaType: string; upload: Upload };
type Caller = { principal: Principal; verbs: Verbs; parts: Pick<LensParts, "documents">; left: () => AbortSignal };

/**
 * Reads a body: a form with files, or fields alone. Files of other names than `names` are read and dropped. Throws
 * `invalid` for a file without a name or without bytes, `too_large`, and `rate_limited`.
 */
export async function received<Fields>(
  { principal, verbs, parts, left }: Caller,
  body: Form<Fields> | Readable,
  fields: z.ZodType<Fields>,
  names: readonly string[] = ["files"],
): Promise<{ fields: Fields; files: Received[] }> {
  if (!(body instanceof Form)) return { fields: await fieldsIn(body, fields), files: [] };
  const bounds = { bytesMax: parts.documents.fileBytesMax, signal: left() };
  const form = await body.read(async (file) => {
    if (!names.includes(file.name)) {
      for await (const _ of file.bytes);
      return { upload: null, release: async () => {} };
    }
    parts.documents.take(principal, "upload");
    const upload = await verbs.uploads.receive(principal, file.bytes, bounds);
    return { upload, release: upload.release };
  });
  const files = form.files.flatMap(({ filename, mediaType, kept: { upload } }) => {
    if (upload === null) return [];
    const name = cleanFilename(filename);
    if (name === "") throw new Refusal("invalid", "a file has a name", { field: "files" });
    if (upload.bytes === 0) throw new Refusal("invalid", `${name} has no bytes`, { field: "files" });
    return [{ filename: name, mediaType: mediaTypeOf(name, mediaType), upload }];
  });
  return { fields: form.fields, files };
}

async function fieldsIn<Fields>(body: Readable, schema: z.ZodType<Fields>): Promise<Fields> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > FIELDS_BYTES_MAX) throw new Refusal("too_large", `The fields are more than ${FIELDS_BYTES_MAX} bytes.`);
    chunks.push(chunk);
  }
  const sent = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString("utf8")));
  const parsed = schema.safeParse(sent);
  if (!parsed.success) throw new FieldFault(parsed.error.issues);
  return parsed.data;
}

/** A document of its own, which a background task reads. Throws `conflict` when the id is taken. */
export async function documentOf({ principal, verbs }: Caller, file: Received, id?: string): Promise<Document> {
  const { document } = await verbs.documents.upload(principal, NAMES, {
    ...(id !== undefined && { id }),
    filename: file.filename,
    purpose: PURPOSE,
    mediaType: file.mediaType,
    from: file.upload,
    skipExisting: false,
    options: { analyses: [], vectorize: false, recognize: true, outlineAsJson: false, unknown: [] },
  });
  return document;
}

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

/** What a client is told of the background task that has begun. */
export async function begunTask({ tasks }: Verbs, principal: Principal, id: TaskId | null) {
  const task = await foundAs(
    "Task",
    id === null ? Promise.reject(new Refusal("not_found", "")) : tasks.get(principal, id),
  );
  return { task_id: backgroundIdOf(task), task_name: task.kind, status: taskStatusOf(task), task_obj: null };
}
