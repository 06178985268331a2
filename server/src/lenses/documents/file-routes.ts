/** Files: upload, list, read, annotate, analyse, delete. */
import { z } from "zod";
import { type DocumentPage, PURPOSES } from "../../task/documents/document.ts";
import { Refusal } from "../../task/errors.ts";
import type { PlacedPage } from "../../task/task-filter.ts";
import type { DocumentOptions } from "../../verbs/documents.ts";
import type { Upload } from "../../verbs/uploads.ts";
import type { FormFile } from "../body/form.ts";
import { formOf } from "../body/form-schema.ts";
import { jsonWithList } from "../body/json-list.ts";
import { cleanFilename, mediaTypeOf } from "../filename.ts";
import type { DocumentSettings } from "../lens-parts.ts";
import { firstParam } from "../paging.ts";
import { type Answer, anyQuery, JSON_TYPE, type Route, route } from "../route.ts";
import { contentRoutes, fileParams } from "./content-routes.ts";
import { fileOf } from "./document.ts";
import { listParams, longList, pageOf } from "./lists.ts";
import * as schema from "./schema.ts";
import { pagesOf } from "./slices.ts";
import { NAMES } from "./task-routes.ts";
import { pollHeaders } from "./translate.ts";

const FILES_MAX = 10_000;
/** Of a form beside its file. */
const FORM_BYTES = 2 << 20;
/** A form may be as long as the longest file that any deployment takes: the bound of the file itself is its own. */
const FORM_BYTES_MAX = 16 * 1024 ** 3;
const PAGES_MAX = 1_000_000;

type UploadFields = z.infer<typeof schema.uploadFields>;
/** What became of a file of a form: those that nobody asked for are read and dropped. */
type Received = { upload: Upload | null; release: () => Promise<void> };

function invalid(message: string, field: string): Refusal {
  return new Refusal("invalid", message, { field });
}

function answerFile(document: Parameters<typeof fileOf>[0], headers: Record<string, string> = {}): Answer {
  const isDone = document.status !== "uploaded";
  return { status: 200, body: fileOf(document), headers: { ...headers, ...pollHeaders(isDone) } };
}

/** The bytes of an upload by address, which the operator must allow. */
async function linkOf({ url = "", name, file_type }: UploadFields, checkUrl: DocumentSettings["checkUrl"]) {
  if (!checkUrl) throw new Refusal("forbidden", "Uploads by URL are switched off here.", { field: "url" });
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw invalid("url must be an address with http or https.", "url");
  if (name === undefined || name === "") throw invalid("name is required with url.", "name");
  if (file_type === undefined || file_type === "") throw invalid("file_type is required with url.", "file_type");
  await checkUrl(new URL(url));
  return { from: { url }, filename: name, declared: file_type };
}

async function dropped({ bytes }: FormFile): Promise<Received> {
  for await (const _ of bytes);
  return { upload: null, release: async () => {} };
}

async function received(receiving: Promise<Upload>): Promise<Received> {
  const upload = await receiving;
  return { upload, release: upload.release };
}

function optionsOf(given: DocumentOptions & { recognize: boolean }): DocumentOptions {
  const { recognize: _, ...options } = given;
  return options;
}

const uploadRoute = route({
  method: "POST",
  path: "/v1/files",
  id: "upload_file",
  scope: "tasks",
  tag: "files",
  summary: "Upload a file",
  description: "It is read by a background task, whose id is `upload-` and the file's.",
  reads: "form",
  body: formOf(schema.uploadFields, { file: "The file; or `url`, `name` and `file_type` in its place." }),
  bodyType: "multipart/form-data",
  bodyBytesMax: FORM_BYTES_MAX,
  query: anyQuery,
  refuses: ["unauthenticated", "forbidden", "invalid", "too_large", "conflict", "rate_limited"],
  answers: [{ status: 200, about: "The file.", schema: schema.fileObject }],
  handle: async ({ principal, verbs, body, left, parts, headers }) => {
    parts.documents.take(principal, "upload");
    const { fileBytesMax, checkUrl } = parts.documents;
    const length = Number(headers["content-length"] ?? 0);
    if (length > fileBytesMax + FORM_BYTES) throw tooLarge(fileBytesMax);
    const bounds = { bytesMax: fileBytesMax, signal: left() };
    const { fields, files } = await body.read((file) =>
      file.name === "file" ? received(verbs.uploads.receive(principal, file.bytes, bounds)) : dropped(file),
    );
    const sent = files.filter(({ name }) => name === "file");
    const [file] = sent;
    if (sent.length + (fields.url === undefined ? 0 : 1) !== 1 || ("file" in fields && file === undefined)) {
      throw invalid("Exactly one of file and url is needed; a file has a filename.", "file");
    }
    const { from, filename, declared } = file?.kept.upload
      ? { from: file.kept.upload, filename: file.filename, declared: file.mediaType }
      : await linkOf(fields, checkUrl);
    const name = cleanFilename(filename);
    if (name === "") throw invalid("The file has no name.", "file");
    if ("bytes" in from && from.bytes === 0) throw invalid("The file has no bytes.", "file");
    const { document } = await verbs.documents.upload(principal, NAMES, {
      ...(fields.id !== undefined && { id: fields.id }),
      filename: name,
      purpose: fields.purpose,
      mediaType: mediaTypeOf(name, declared),
      from,
      ...(fields.md5 !== undefined && { md5: fields.md5 }),
      skipExisting: fields.skip_exists ?? false,
      options: fields.parse_options,
      ...(fields.expires_after !== undefined && { expiresAfterMs: fields.expires_after }),
    });
    const echoed = fields.request_id !== undefined && /^[\x21-\x7e]{1,128}$/.test(fields.request_id);
    return answerFile(document, echoed ? { "x-request-id": fields.request_id ?? "" } : {});
  },
});

function tooLarge(bytesMax: number): Refusal {
  return new Refusal("too_large", `A file may have ${bytesMax} bytes.`, { field: "file" });
}

const pageNumber = firstParam(
  z
    .string()
    .regex(/^\d{1,9}$/, "must be a whole number")
    .transform(Number)
    .pipe(z.int().min(1).max(PAGES_MAX))
    .optional(),
  { type: "integer", minimum: 1 },
);

async function* numbered(pages: AsyncIterable<DocumentPage>): AsyncIterable<{ page_number: number; content: string }> {
  for await (const { index, content } of pages) yield { page_number: index + 1, content };
}

const pagesRoute = route({
  method: "GET",
  path: "/v1/files/{file_id}/pages",
  id: "list_pages",
  scope: "tasks",
  tag: "files",
  summary: "Read pages of a file",
  params: fileParams,
  query: z.looseObject({ start_page: pageNumber, end_page: pageNumber }),
  refuses: ["unauthenticated", "not_found", "invalid"],
  answers: [{ status: 200, about: "The pages.", schema: schema.pageList }],
  handle: async ({ principal, verbs, params, query: { start_page: start = 1, end_page: end = PAGES_MAX } }) => {
    if (start > end) throw invalid("start_page must not be greater than end_page.", "start_page");
    const document = await verbs.documents.get(principal, params.file_id);
    const { count } = await verbs.documents.pages(principal, params.file_id, 0, 1);
    const page_count = document.reading?.pageCount ?? count;
    const asked = pagesOf(verbs.documents, principal, document.id, { from: start - 1, to: end });
    return {
      status: 200,
      file: jsonWithList((pages) => ({ object: "list", file_id: document.id, page_count, pages }), numbered(asked)),
      headers: { "content-type": JSON_TYPE },
    };
  },
});

export const fileRoutes: readonly Route[] = [
  uploadRoute,
  route({
    method: "GET",
    path: "/v1/files",
    id: "list_files",
    scope: "tasks",
    tag: "files",
    summary: "List files",
    query: z.looseObject({
      ...listParams({ usual: FILES_MAX, max: FILES_MAX }),
      purpose: firstParam(z.enum(PURPOSES).optional(), { type: "string", enum: [...PURPOSES] }),
    }),
    refuses: ["unauthenticated", "invalid"],
    answers: [{ status: 200, about: "A page of them.", schema: schema.fileList }],
    handle: async ({ principal, verbs, query }) => {
      const filter = query.purpose === undefined ? {} : { purpose: query.purpose };
      const read = async (page: PlacedPage) => {
        const { documents, more } = await verbs.documents.list(principal, filter, page);
        return { items: documents, more };
      };
      return await longList(pageOf(query), read, fileOf);
    },
  }),
  route({
    method: "GET",
    path: "/v1/files/{file_id}",
    id: "get_file",
    scope: "tasks",
    tag: "files",
    summary: "Read a file",
    params: fileParams,
    query: anyQuery,
    refuses: ["unauthenticated", "not_found"],
    answers: [{ status: 200, about: "The file.", schema: schema.fileObject }],
    handle: async ({ principal, verbs, params }) => answerFile(await verbs.documents.get(principal, params.file_id)),
  }),
  ...contentRoutes,
  pagesRoute,
  route({
    method: "POST",
    path: "/v1/files/{file_id}/analysis",
    id: "analyze_file",
    scope: "tasks",
    tag: "files",
    summary: "Analyse a file",
    params: fileParams,
    query: anyQuery,
    body: schema.analysisBody,
    refuses: ["unauthenticated", "not_found", "invalid"],
    answers: [{ status: 200, about: "The file, with the task that analyses it.", schema: schema.fileObject }],
    handle: async ({ principal, verbs, params, body }) =>
      answerFile(await verbs.documents.analyze(principal, NAMES, params.file_id, optionsOf(body.parse_options)), {
        ...pollHeaders(false),
      }),
  }),
  route({
    method: "DELETE",
    path: "/v1/files/{file_id}",
    id: "delete_file",
    scope: "tasks",
    tag: "files",
    summary: "Delete a file",
    description: "It leaves every vector store, and its tasks are cancelled.",
    params: fileParams,
    query: anyQuery,
    refuses: ["unauthenticated", "not_found"],
    answers: [{ status: 200, about: "It is gone.", schema: schema.deletedObject }],
    handle: async ({ principal, verbs, params }) => {
      await verbs.documents.delete(principal, params.file_id);
      return { status: 200, body: { id: params.file_id, object: "file", deleted: true } };
    },
  }),
];
