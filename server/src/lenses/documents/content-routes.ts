/** What is in a file: as a Document, and as the bytes that came. */
import { z } from "zod";
import { Refusal } from "../../task/errors.ts";
import type { JsonObject } from "../../task/json/json.ts";
import type { Principal } from "../../task/principal.ts";
import type { Documents } from "../../verbs/documents.ts";
import type { Verbs } from "../../verbs/verbs.ts";
import { jsonWithList } from "../body/json-list.ts";
import { firstParam } from "../paging.ts";
import { type Answer, anyQuery, JSON_TYPE, type Route, route } from "../route.ts";
import { chunkSegment, documentOf, pageSegment, type Segment } from "./document.ts";
import * as schema from "./schema.ts";
import { chunksOf, pagesOf } from "./slices.ts";
import { NAMES } from "./task-routes.ts";
import { pollHeaders } from "./translate.ts";

export const fileParams = {
  file_id: { about: "The id of the file", noun: "File", is: (text: string) => text.length >= 1 && text.length <= 255 },
};

type Whole = Awaited<ReturnType<Documents["whole"]>>;

/** OpenAI's client asks for the bytes so; whoever takes JSON too is given the Document. */
function wantsBytes(accept: string | undefined): boolean {
  const types = (accept ?? "").split(",").map((type) => type.split(";", 1)[0]?.trim().toLowerCase());
  const binary = types.includes("application/binary") || types.includes("application/octet-stream");
  return binary && !types.includes("application/json");
}

async function* segmentsOf(
  verbs: Documents,
  principal: Principal,
  { document: { id, md5 } }: Whole,
  kind: "pages" | "chunks",
): AsyncIterable<Segment> {
  if (kind === "pages") for await (const page of pagesOf(verbs, principal, id)) yield pageSegment(md5, page);
  else for await (const chunk of chunksOf(verbs, principal, id)) yield chunkSegment(md5, chunk);
}

async function wholeAnswer(
  verbs: Documents,
  principal: Principal,
  id: string,
  kind: "pages" | "chunks" = "pages",
): Promise<Answer> {
  const whole = await verbs.whole(principal, id);
  const headers = pollHeaders(whole.document.status !== "uploaded");
  if (whole.document.status !== "processed") return { status: 200, body: documentOf(whole, null), headers };
  const segments = segmentsOf(verbs, principal, whole, kind);
  return {
    status: 200,
    file: jsonWithList((list) => documentOf(whole, list), segments),
    headers: { ...headers, "content-type": JSON_TYPE },
  };
}

async function bytesAnswer(verbs: Documents, principal: Principal, id: string): Promise<Answer> {
  const { document, size, bytes } = await verbs.bytes(principal, id);
  return {
    status: 200,
    file: bytes,
    headers: {
      "content-type": document.mediaType,
      "content-length": String(size),
      "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(document.filename)}`,
    },
  };
}

/** The file joins those of `wanted` that it is not in, and leaves all others. */
async function moveBetweenStores(verbs: Verbs, principal: Principal, id: string, wanted: string[]): Promise<void> {
  const { vectorStoreIds } = await verbs.documents.whole(principal, id);
  for (const store of wanted) await verbs.vectorStores.get(principal, store);
  for (const store of wanted)
    if (!vectorStoreIds.includes(store)) await verbs.vectorStores.change(principal, NAMES, store, { join: [id] });
  for (const store of vectorStoreIds)
    if (!wanted.includes(store)) await verbs.vectorStores.change(principal, NAMES, store, { leave: [id] });
}

export const contentRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/v1/files/{file_id}/content",
    id: "get_file_content",
    scope: "tasks",
    tag: "files",
    summary: "Read what is in a file",
    description: "The Document; the original bytes for whoever accepts `application/binary` and no JSON.",
    params: fileParams,
    query: z.looseObject({
      segments: firstParam(z.enum(["pages", "chunks"]).default("pages"), { type: "string", enum: ["pages", "chunks"] }),
    }),
    refuses: ["unauthenticated", "not_found"],
    answers: [{ status: 200, about: "The document, as far as it is.", schema: schema.documentObject }],
    handle: async ({ principal, verbs, params, query, headers }) =>
      wantsBytes(headers.accept)
        ? bytesAnswer(verbs.documents, principal, params.file_id)
        : wholeAnswer(verbs.documents, principal, params.file_id, query.segments),
  }),
  route({
    method: "GET",
    path: "/v1/files/{file_id}/raw",
    id: "get_file_bytes",
    scope: "tasks",
    tag: "files",
    summary: "Download a file",
    params: fileParams,
    query: anyQuery,
    refuses: ["unauthenticated", "not_found"],
    answers: [{ status: 200, about: "Its bytes.", mediaType: "*/*" }],
    handle: async ({ principal, verbs, params }) => bytesAnswer(verbs.documents, principal, params.file_id),
  }),
  route({
    method: "POST",
    path: "/v1/files/{file_id}/content",
    id: "annotate_file",
    scope: "tasks",
    tag: "files",
    summary: "Say something of a file",
    params: fileParams,
    query: anyQuery,
    body: schema.annotations,
    refuses: ["unauthenticated", "not_found", "invalid", "rate_limited"],
    answers: [{ status: 200, about: "The document.", schema: schema.documentObject }],
    handle: async ({ principal, verbs, params, body }) => {
      const { vector_store_ids: wanted, ...given } = body;
      const said: JsonObject = given;
      if (Object.keys(body).length === 0) throw new Refusal("invalid", "Nothing is to be changed.");
      if (wanted) await moveBetweenStores(verbs, principal, params.file_id, wanted);
      await verbs.documents.annotate(principal, params.file_id, said);
      return wholeAnswer(verbs.documents, principal, params.file_id);
    },
  }),
];
