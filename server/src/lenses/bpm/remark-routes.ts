/** Additions of people to a task: comments and files. */
import { z } from "zod";
import { Refusal } from "../../task/errors.ts";
import { ATTACHMENT_BYTES_MAX, type Attachment } from "../../task/people/human.ts";
import type { Task } from "../../task/task.ts";
import { attachmentAnswer } from "../attachment-answer.ts";
import { anyQuery, byteStream, isName, type PathParam, type Route, route } from "../route.ts";
import { withoutNulls } from "../without-nulls.ts";
import { scopeIn } from "./actions.ts";
import { Caller, numberOf } from "./caller.ts";
import { attachmentsOf, wireAttachmentOf } from "./containers.ts";
import { renderErrorOf } from "./errors.ts";
import { fieldOf } from "./field-routes.ts";
import { boundTo, etagOf } from "./if-match.ts";
import { whole } from "./page.ts";
import { attachmentsPage, commentsAnswer, wireAttachment } from "./schema.ts";
import { taskParams } from "./task-routes.ts";
import { readTwoParts } from "./two-parts.ts";

const COMMENT_CHARS_MAX = 10_000;
/** Bytes beside those of the file. */
const MULTIPART_BYTES_MAX = 256 << 10;

const commentBody = z.looseObject({
  commentStr: z.string().trim().min(1, "must not be empty").max(COMMENT_CHARS_MAX),
  commentScope: scopeIn,
});

/** The type of a stored file: one that a browser would run is declared as bytes only. */
const mediaType = z
  .string()
  .max(127)
  .regex(/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;.*)?$/, "must be a media type")
  .transform((given) => given.split(";", 1)[0]?.trim().toLowerCase() ?? "");

const attachmentSaid = z.looseObject({
  attachmentName: z.string().min(1).max(255),
  mimeType: mediaType.default("application/octet-stream"),
  attachmentSize: z.int().nonnegative().optional(),
  attachmentScope: scopeIn,
});

const attachmentParams: Record<"id" | "attachmentName", PathParam> = {
  ...taskParams,
  attachmentName: { about: "The name of the attachment.", is: isName },
};
const conditions = { "If-Match": "The ETag of the task as it was read: 409 when it has changed since" };
const ofAttachments = renderErrorOf("ATTACHMENT");

export const remarkRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/tasks/{id}/comments",
    id: "add_comment",
    scope: "tasks",
    tag: "comments",
    summary: "Comment on a task",
    params: taskParams,
    query: anyQuery,
    body: withoutNulls(commentBody, "3.0.3"),
    headers: conditions,
    refuses: ["invalid", "unauthenticated", "not_found", "not_allowed_in_state", "conflict"],
    answers: [{ status: 200, about: "All comments", schema: commentsAnswer }],
    handle: async (call) => {
      const { body, headers, principal, verbs } = call;
      const caller = new Caller(call);
      const task = await caller.find(call.params.id);
      const comment = { text: body.commentStr, scope: body.commentScope };
      await verbs.human.comment(principal, task.id, comment, boundTo(headers, task));
      return await answered(caller, task, "comments");
    },
  }),
  route({
    method: "POST",
    path: "/tasks/{id}/attachments",
    id: "add_attachment",
    scope: "tasks",
    tag: "attachments",
    summary: "Attach a file to a task",
    description:
      "multipart/mixed or multipart/form-data of two parts: {attachmentName, mimeType} as JSON, then the bytes.",
    params: taskParams,
    query: anyQuery,
    reads: "stream",
    body: byteStream,
    bodyType: "multipart/mixed",
    bodyBytesMax: ATTACHMENT_BYTES_MAX + MULTIPART_BYTES_MAX,
    headers: conditions,
    refuses: ["invalid", "unauthenticated", "not_found", "not_allowed_in_state", "conflict", "too_large"],
    answers: [{ status: 200, about: "All attachments", schema: attachmentsPage }],
    handle: async (call) => {
      const { body, headers, principal, verbs, left } = call;
      const caller = new Caller(call);
      const task = await caller.find(call.params.id);
      const bound = boundTo(headers, task);
      const bounds = { bytesMax: ATTACHMENT_BYTES_MAX, signal: left() };
      const { said, upload } = await readTwoParts(body, headers["content-type"] ?? "", async (first, bytes) => {
        const said = attachmentSaid.safeParse(first);
        if (!said.success) throw unfit(said.error.issues[0]);
        return { said: said.data, upload: await verbs.uploads.receive(principal, bytes, bounds) };
      });
      try {
        if (said.attachmentSize !== undefined && said.attachmentSize !== upload.bytes)
          throw new Refusal("invalid", `attachmentSize: the file has ${upload.bytes} bytes`, {
            field: "attachmentSize",
          });
        const attachment = { name: said.attachmentName, mediaType: said.mimeType, scope: said.attachmentScope };
        await verbs.human.attach(principal, task.id, attachment, upload, bound);
      } finally {
        await upload.release();
      }
      return await answered(caller, task, "attachments");
    },
  }),
  route({
    method: "GET",
    path: "/tasks/{id}/attachments/{attachmentName}",
    id: "retrieve_attachment",
    scope: "tasks",
    tag: "attachments",
    summary: "Retrieve what is known of an attachment",
    params: attachmentParams,
    query: anyQuery,
    renderError: ofAttachments,
    refuses: ["unauthenticated", "not_found"],
    answers: [{ status: 200, about: "The attachment, with a link to its bytes", schema: wireAttachment }],
    handle: async (call) => {
      const caller = new Caller(call);
      const task = await caller.find(call.params.id);
      const found = await named(caller, task, call.params.attachmentName);
      return { status: 200, body: wireAttachmentOf(caller, numberOf(task), found) };
    },
  }),
  route({
    method: "GET",
    path: "/tasks/{id}/attachments/{attachmentName}/stream",
    id: "download_attachment",
    scope: "tasks",
    tag: "attachments",
    summary: "Download an attachment",
    params: attachmentParams,
    query: anyQuery,
    renderError: ofAttachments,
    refuses: ["unauthenticated", "not_found"],
    answers: [{ status: 200, about: "Its bytes, in its own media type", mediaType: "*/*" }],
    handle: async (call) => {
      const { principal, verbs, params } = call;
      const task = await new Caller(call).find(params.id);
      return attachmentAnswer(await verbs.human.openAttachment(principal, task.id, params.attachmentName));
    },
  }),
  route({
    method: "DELETE",
    path: "/tasks/{id}/attachments/{attachmentName}",
    id: "delete_attachment",
    scope: "tasks",
    tag: "attachments",
    summary: "Remove an attachment",
    params: attachmentParams,
    query: anyQuery,
    headers: conditions,
    renderError: ofAttachments,
    refuses: ["unauthenticated", "forbidden", "not_found", "not_allowed_in_state", "conflict"],
    answers: [{ status: 200, about: "It is removed", mediaType: "text/plain" }],
    handle: async (call) => {
      const { principal, verbs, headers, params } = call;
      const task = await new Caller(call).find(params.id);
      await verbs.human.detach(principal, task.id, params.attachmentName, boundTo(headers, task));
      const bytes = Buffer.from("Attachment Removed");
      return { status: 200, bytes, headers: { "content-type": "text/plain; charset=utf-8" } };
    },
  }),
];

/** All of a field after an addition to it, with the present tag of the task. */
async function answered(caller: Caller, { id }: Task, field: "comments" | "attachments") {
  const task = await caller.verbs.tasks.get(caller.principal, id);
  const body = field === "comments" ? await fieldOf(caller, task, field) : await collectionOf(caller, task);
  return { status: 200, body, headers: { etag: etagOf(task) } };
}

async function collectionOf(caller: Caller, task: Task) {
  const { principal, verbs } = caller;
  const shown = attachmentsOf(caller, task, await verbs.human.attachments(principal, task.id));
  return { ...shown, ...whole(shown.attachment) };
}

async function named({ principal, verbs }: Caller, { id }: Task, name: string): Promise<Attachment> {
  const found = (await verbs.human.attachments(principal, id)).find((each) => each.name === name);
  if (found === undefined) throw new Refusal("not_found", "The task has no attachment of this name.");
  return found;
}

function unfit(issue: z.core.$ZodIssue | undefined): Refusal {
  const field = (issue?.path ?? []).map(String).join(".");
  return new Refusal("invalid", `${field === "" ? "The first part" : field}: ${issue?.message ?? "does not fit"}`, {
    field,
  });
}
