/** Files: upload, list, read, analyse, delete, and the tasks that work on them. */
import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import { Refusal } from "../../task/errors.ts";
import type { Principal } from "../../task/principal.ts";
import type { Upload } from "../../verbs/uploads.ts";
import type { Verbs } from "../../verbs/verbs.ts";
import type { Form, FormFile } from "../body/form.ts";
import { formOrBytesOf } from "../body/form-schema.ts";
import { cleanFilename, mediaTypeOf } from "../filename.ts";
import { withContent } from "../idempotency.ts";
import { isName, type Route, route } from "../route.ts";
import { nextCursor, pageOf } from "./cursor.ts";
import * as wire from "./document-schema.ts";
import { wireAnalysis, wireFile, wirePage } from "./document-translate.ts";
import { page, paged, pageQuery, taskSummary } from "./schema.ts";
import { LENS, REPLAYED, REPLAYED_HEADER } from "./task-routes.ts";
import { wireSummary } from "./translate.ts";

/** A body may be as long as the longest file that any deployment takes: the bound of the file itself is its own. */
const BODY_BYTES_MAX = 16 * 1024 ** 3;
/** Of a form beside its file. */
const FORM_BYTES = 2 << 20;

const params = { id: { about: "Its id.", is: isName } };
const one = { status: 200, about: "The file.", schema: wire.file };

/** A file that has come, with what was said of it. */
type Received = { upload: Upload; filename: string; declared: string; fields: wire.UploadFields };
type Receive = (bytes: Readable) => Promise<Upload>;

async function ofForm(form: Form<wire.UploadFields>, receive: Receive): Promise<Received> {
  const { fields, files } = await form.read(async (file: FormFile) => {
    if (file.name !== "file") throw new Refusal("invalid", `A form has one file, "file".`, { field: file.name });
    const upload = await receive(file.bytes);
    return { upload, release: upload.release };
  });
  const [file] = files;
  if (!file || files.length > 1) throw new Refusal("invalid", `A form has one file, "file".`, { field: "file" });
  return { upload: file.kept.upload, filename: file.filename, declared: file.mediaType, fields };
}

async function ofBytes(bytes: Readable, headers: IncomingHttpHeaders, receive: Receive): Promise<Received> {
  const [declared = ""] = (headers["content-type"] ?? "").split(";", 1);
  return { upload: await receive(bytes), filename: "", declared: declared.trim(), fields: {} };
}

/** Makes the file of what has come. Throws `invalid` for one without a name or without a byte. */
async function kept(
  verbs: Verbs,
  principal: Principal,
  { upload, filename, declared, fields }: Received,
  idempotency: Parameters<typeof withContent>[0],
) {
  const name = cleanFilename(fields.filename ?? filename);
  if (name === "") throw new Refusal("invalid", "The file has no name: give one as filename.", { field: "filename" });
  if (upload.bytes === 0) throw new Refusal("invalid", "The file has no bytes.", { field: "file" });
  const { analyses = [], vectorize = false, recognize = true, outline_as_json: outlineAsJson = false } = fields;
  return verbs.documents.upload(
    principal,
    LENS,
    {
      ...(fields.id !== undefined && { id: fields.id }),
      filename: name,
      purpose: fields.purpose ?? "general",
      mediaType: mediaTypeOf(name, declared),
      from: upload,
      ...(fields.md5 !== undefined && { md5: fields.md5 }),
      skipExisting: fields.skip_existing ?? false,
      options: { analyses: [...new Set(analyses)], vectorize, recognize, outlineAsJson, unknown: [] },
      ...(fields.expires_after_ms !== undefined && { expiresAfterMs: fields.expires_after_ms }),
    },
    withContent(idempotency, { ...fields, name, sha256: upload.sha256 }),
  );
}

const uploadRoute = route({
  method: "POST",
  path: "/v1/files",
  id: "uploadFile",
  scope: "tasks",
  tag: "Files",
  summary: "Upload a file",
  description:
    "As a form with the file as `file`, and what is said of it as further fields; or the bytes alone, of any other type, " +
    "and what is said of them in the query, `filename` at least. Its task reads it, cuts it and does what is asked for. " +
    "`conflict` for an id that is taken; `too_large`; `rate_limited` beyond what this server takes of one user.",
  reads: "form or bytes",
  query: wire.uploadForm,
  body: formOrBytesOf(wire.uploadForm, { file: "The file." }),
  bodyType: "multipart/form-data",
  bodyBytesMax: BODY_BYTES_MAX,
  idempotent: true,
  refuses: ["conflict", "rate_limited"],
  answers: [
    {
      status: 202,
      about: "On disk; its task has begun.",
      schema: wire.file,
      headers: { Location: "URL of the file.", ...REPLAYED },
    },
  ],
  handle: async ({ principal, verbs, query, body, left, parts, headers, idempotency }) => {
    parts.documents.take(principal, "upload");
    const { fileBytesMax } = parts.documents;
    if (Number(headers["content-length"] ?? 0) > fileBytesMax + FORM_BYTES) {
      throw new Refusal("too_large", `A file may have ${fileBytesMax} bytes.`, { field: "file" });
    }
    const receive = (bytes: Readable) =>
      verbs.uploads.receive(principal, bytes, { bytesMax: fileBytesMax, signal: left() });
    const isBytes = body instanceof Readable;
    const received = isBytes ? await ofBytes(body, headers, receive) : await ofForm(body, receive);
    try {
      const said = { ...received, fields: { ...query, ...received.fields } };
      const { document, replayed } = await kept(verbs, principal, said, idempotency);
      const location = `/v1/files/${encodeURIComponent(document.id)}`;
      return { status: 202, body: wireFile(document), headers: { location, ...(replayed && REPLAYED_HEADER) } };
    } finally {
      // What a form has brought is released with it.
      if (isBytes) await received.upload.release();
    }
  },
});

const reading: readonly Route[] = [
  route({
    method: "GET",
    path: "/v1/files",
    id: "listFiles",
    scope: "tasks",
    tag: "Files",
    summary: "List files, newest first",
    description: "Those that the key may see. A file that goes between two pages disturbs neither.",
    query: wire.filesQuery,
    answers: [{ status: 200, about: "A page.", schema: paged(wire.file) }],
    handle: async ({ principal, verbs, query }) => {
      const filter = query.purpose === undefined ? {} : { purpose: query.purpose };
      const { documents, more } = await verbs.documents.list(principal, filter, pageOf(query));
      return {
        status: 200,
        body: { data: documents.map(wireFile), next_cursor: nextCursor(documents.at(-1), more) },
      };
    },
  }),
  route({
    method: "GET",
    path: "/v1/files/{id}",
    id: "getFile",
    scope: "tasks",
    tag: "Files",
    summary: "Read a file's record",
    description: "`not_found`, also once it has expired.",
    params,
    answers: [one],
    handle: async ({ principal, verbs, params }) => ({
      status: 200,
      body: wireFile(await verbs.documents.get(principal, params.id)),
    }),
  }),
  route({
    method: "GET",
    path: "/v1/files/{id}/content",
    id: "getFileContent",
    scope: "tasks",
    tag: "Files",
    summary: "Download a file: the bytes as they came",
    description: "`not_found`, also while they are still being fetched.",
    params,
    answers: [{ status: 200, about: "The bytes, of the file's media type.", mediaType: "*/*" }],
    handle: async ({ principal, verbs, params }) => {
      const { document, size, bytes } = await verbs.documents.bytes(principal, params.id);
      const disposition = `attachment; filename*=UTF-8''${encodeURIComponent(document.filename)}`;
      return {
        status: 200,
        file: bytes,
        headers: {
          "content-type": document.mediaType,
          "content-length": String(size),
          "content-disposition": disposition,
        },
      };
    },
  }),
  route({
    method: "GET",
    path: "/v1/files/{id}/pages",
    id: "listFilePages",
    scope: "tasks",
    tag: "Files",
    summary: "Read what was read from a file, page by page",
    description:
      "As far as it has been read. An answer ends when it has about 1 MB: `next` leads on. Formats without pages have " +
      "sections. `not_found`.",
    params,
    query: wire.pagesQuery,
    answers: [{ status: 200, about: "Pages.", schema: wire.filePages }],
    handle: async ({ principal, verbs, params, query: { start = 1, limit } }) => {
      const { pages, count } = await verbs.documents.pages(principal, params.id, start - 1, limit);
      const after = (pages.at(-1)?.index ?? count) + 1;
      return {
        status: 200,
        body: { data: pages.map(wirePage), total: count, next: after < count ? after + 1 : null },
      };
    },
  }),
  route({
    method: "GET",
    path: "/v1/files/{id}/analysis",
    id: "getFileAnalysis",
    scope: "tasks",
    tag: "Files",
    summary: "Read what analyses have made of a file",
    description: "Null is what none has made so far. `not_found`.",
    params,
    answers: [{ status: 200, about: "What there is.", schema: wire.analysis }],
    handle: async ({ principal, verbs, params }) => ({
      status: 200,
      body: wireAnalysis((await verbs.documents.whole(principal, params.id)).produced),
    }),
  }),
  route({
    method: "GET",
    path: "/v1/files/{id}/tasks",
    id: "listFileTasks",
    scope: "tasks",
    tag: "Files",
    summary: "List the tasks that work or have worked on a file, newest first",
    description: "Its owner's. `total` counts all pages. `not_found`.",
    params,
    query: pageQuery,
    answers: [{ status: 200, about: "A page.", schema: page(taskSummary) }],
    handle: async ({ principal, verbs, params, query: { limit, cursor } }) => {
      const at = { limit, ...(cursor !== undefined && { cursor }) };
      const { tasks, total, next } = await verbs.documents.tasks(principal, params.id, at);
      return { status: 200, body: { data: tasks.map(wireSummary), total, next_cursor: next } };
    },
  }),
];

export const fileRoutes: readonly Route[] = [
  uploadRoute,
  ...reading,
  route({
    method: "POST",
    path: "/v1/files/{id}/analysis",
    id: "analyzeFile",
    scope: "tasks",
    tag: "Files",
    summary: "Analyse a file, or embed it outside of vector stores",
    description: "By a task of its own: the answer's `task_id`. `invalid` when nothing is asked for; `not_found`.",
    params,
    body: wire.analysisBody,
    answers: [{ status: 202, about: "The file; its task has begun.", schema: wire.file }],
    handle: async ({ principal, verbs, params, body: { analyses, vectorize, outline_as_json } }) => {
      const options = { analyses, vectorize, outlineAsJson: outline_as_json, unknown: [] };
      return { status: 202, body: wireFile(await verbs.documents.analyze(principal, LENS, params.id, options)) };
    },
  }),
  route({
    method: "DELETE",
    path: "/v1/files/{id}",
    id: "deleteFile",
    scope: "tasks",
    tag: "Files",
    summary: "Delete a file: it leaves every vector store, and its tasks are cancelled",
    description: "`not_found`, also the second time.",
    params,
    answers: [{ status: 204, about: "Deleted." }],
    handle: async ({ principal, verbs, params }) => {
      await verbs.documents.delete(principal, params.id);
      return { status: 204 };
    },
  }),
];
