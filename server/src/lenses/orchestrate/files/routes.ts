/** Uploads for runs, and downloads of what was uploaded. */
import { z } from "zod";
import { anyQuery, type Route, route } from "../../route.ts";
import { foundAs } from "../errors.ts";
import { FORM_BYTES_MAX, formBody, readFiles, someFiles } from "../form.ts";
import { success } from "../success.ts";
import { documentOf } from "./document.ts";

const PATH = "/v1/orchestrate/upload-to-s3";
const TAG = "Files";
const uploads = z.object({ files: someFiles });

const uploaded = z.array(
  z.object({
    fileName: z.string(),
    id: z.string(),
    url: z.string(),
    statusCode: z.int(),
    invalid: z.boolean(),
    errorBody: z.null(),
    errorSubject: z.null(),
  }),
);

export const uploadRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: PATH,
    id: "upload_files",
    scope: "tasks",
    tag: TAG,
    summary: "Upload Files",
    description:
      "A run whose `context.data` names them in an item `file_download` has them as attachments. They are files of the " +
      "other APIs too.",
    query: anyQuery,
    reads: "form or fields",
    body: formBody(uploads),
    bodyType: "multipart/form-data",
    bodyBytesMax: FORM_BYTES_MAX,
    refuses: ["unauthenticated", "invalid", "too_large", "rate_limited"],
    answers: success(uploaded),
    handle: async ({ principal, verbs, parts, left, body, headers, mount }) => {
      const caller = { principal, verbs, parts, left };
      const { files } = await readFiles({ ...caller, body, headers }, uploads);
      const answer: z.output<typeof uploaded> = [];
      for (const file of files) {
        const { id, filename } = await documentOf(caller, file);
        const url = `${mount}${PATH}/${encodeURIComponent(id)}`;
        answer.push({
          fileName: filename,
          id,
          url,
          statusCode: 200,
          invalid: false,
          errorBody: null,
          errorSubject: null,
        });
      }
      return { status: 200, body: answer };
    },
  }),
  route({
    method: "GET",
    path: `${PATH}/{file_id}`,
    id: "download_file",
    scope: "tasks",
    tag: TAG,
    summary: "Download File",
    params: { file_id: { about: "A file's id", is: () => true } },
    query: anyQuery,
    refuses: ["unauthenticated", "not_found"],
    answers: [{ status: 200, about: "Its bytes", mediaType: "*/*" }],
    handle: async ({ principal, verbs, params }) => {
      const { document, size, bytes } = await foundAs("File", verbs.documents.bytes(principal, params.file_id));
      const name = encodeURIComponent(document.filename);
      const headers = {
        // Never as what it says it is: a page of a stranger would run here.
        "content-type": "application/octet-stream",
        "content-length": String(size),
        "content-disposition": `attachment; filename*=UTF-8''${name}`,
      };
      return { status: 200, file: bytes, headers };
    },
  }),
];
