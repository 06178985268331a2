/** People's work: what is mine to do, acts on a task, and what people add to it. */
import { Readable } from "node:stream";
import { Refusal } from "../../task/errors.ts";
import { ATTACHMENT_BYTES_MAX } from "../../task/people/human.ts";
import type { Upload } from "../../verbs/uploads.ts";
import { attachmentAnswer } from "../attachment-answer.ts";
import type { FormFile } from "../body/form.ts";
import { formOrBytesOf } from "../body/form-schema.ts";
import { mediaTypeOf } from "../filename.ts";
import { isName, type Route, route } from "../route.ts";
import { taskAnswer } from "./encoded-task.ts";
import * as wire from "./human-schema.ts";
import {
  actOf,
  wireAttachment,
  wireComment,
  wireDirectoryEntry,
  wireHistoryEntry,
  wireWorkItems,
  worklistOf,
} from "./human-translate.ts";
import { counted, cursorQuery, list, paged, task } from "./schema.ts";
import { REPLAYED, REPLAYED_HEADER, taskParams } from "./task-routes.ts";

const tag = "People";
const attachmentParams = { ...taskParams, name: { about: "Its name.", is: isName } };
/** Of a form beside its file. */
const FORM_BYTES = 2 << 20;

const worklist: readonly Route[] = [
  route({
    method: "GET",
    path: "/v1/worklist",
    id: "getWorklist",
    scope: "tasks",
    tag,
    summary: "List work of people",
    description:
      "Tasks of every kind that ask people, or have asked them: by itself yours and that of your groups and roles, the " +
      "newest first. `total` counts all pages; a page may have fewer than `limit` when items are large.",
    query: wire.worklistQuery,
    answers: [{ status: 200, about: "A page.", schema: counted(wire.workItem) }],
    handle: async ({ principal, verbs, query }) => {
      const { limit, offset } = query;
      const { tasks, total } = await verbs.human.worklist(principal, worklistOf(query), { limit, offset });
      return { status: 200, body: { data: wireWorkItems(tasks), total } };
    },
  }),
  route({
    method: "GET",
    path: "/v1/worklist/counts",
    id: "countWorklist",
    scope: "tasks",
    tag,
    summary: "Count work of people",
    description: "By its state, what is open by its priority, and what is overdue.",
    query: wire.countsQuery,
    answers: [{ status: 200, about: "The numbers.", schema: wire.workCounts }],
    handle: async ({ principal, verbs, query }) => {
      const { byState, byPriority, overdue } = await verbs.human.counts(principal, query);
      return { status: 200, body: { by_state: byState, by_priority: byPriority, overdue } };
    },
  }),
  route({
    method: "GET",
    path: "/v1/identities",
    id: "listIdentities",
    scope: "tasks",
    tag,
    summary: "Find people, groups and roles",
    description: "Those that the directory of the configuration has.",
    query: wire.identityQuery,
    answers: [{ status: 200, about: "A page, by id.", schema: counted(wire.directoryEntry) }],
    handle: async ({ principal, verbs, query: { limit, offset, type, pattern } }) => {
      const query = { ...(type && { type }), ...(pattern !== undefined && { pattern }) };
      const { identities, total } = await verbs.human.identities(principal, query, { limit, offset });
      return { status: 200, body: { data: identities.map(wireDirectoryEntry), total } };
    },
  }),
];

const acts: readonly Route[] = [
  route({
    method: "POST",
    path: "/v1/tasks/{id}/acts",
    id: "actOnTask",
    scope: "tasks",
    tag,
    summary: "Act on a task that asks people",
    description:
      "Claim it, decide it, hand it on, and so on; the rules are in docs/people.md. `forbidden` when you may see it and " +
      "not do this; `not_allowed_in_state` when nobody may as it stands; `conflict` when another has claimed or decided it, " +
      "or it is at another `revision`. Of two at the same moment, one is a `conflict`.",
    params: taskParams,
    body: wire.actBody,
    idempotent: true,
    refuses: ["conflict", "forbidden"],
    answers: [{ status: 200, about: "The task after it.", schema: task, headers: REPLAYED }],
    handle: async ({ principal, verbs, params, body, idempotency }) => {
      const { comment: said, priority, revision } = body;
      const acknowledged = await verbs.human.act(principal, params.id, actOf(body), {
        ...(said !== undefined && { comment: { text: said } }),
        ...(priority !== undefined && { priority }),
        ...(revision !== undefined && { revision }),
        ...(idempotency && { idempotency }),
      });
      return taskAnswer({ principal, verbs }, 200, acknowledged.task, acknowledged.replayed ? REPLAYED_HEADER : {});
    },
  }),
  route({
    method: "GET",
    path: "/v1/tasks/{id}/acts",
    id: "listActs",
    scope: "tasks",
    tag,
    summary: "What you may do with it now",
    description: "None for a task that asks nobody. `not_found`.",
    params: taskParams,
    answers: [{ status: 200, about: "Acts, and the decisions to choose from.", schema: list(wire.allowedAct) }],
    handle: async ({ principal, verbs, params }) => ({
      status: 200,
      body: { data: verbs.human.allowed(principal, await verbs.tasks.get(principal, params.id)) },
    }),
  }),
  route({
    method: "GET",
    path: "/v1/tasks/{id}/history",
    id: "getHistory",
    scope: "tasks",
    tag,
    summary: "Who did what with it, and when",
    description: "Oldest first. `not_found`; `invalid` for a cursor that no page has given.",
    params: taskParams,
    query: cursorQuery,
    answers: [{ status: 200, about: "A page.", schema: paged(wire.historyEntry) }],
    handle: async ({ principal, verbs, params, query }) => {
      const { entries, next } = await verbs.human.history(principal, params.id, query.cursor);
      return { status: 200, body: { data: entries.map(wireHistoryEntry), next_cursor: next } };
    },
  }),
];

const remarks: readonly Route[] = [
  route({
    method: "GET",
    path: "/v1/tasks/{id}/comments",
    id: "listComments",
    scope: "tasks",
    tag,
    summary: "Read its comments",
    description: "Oldest first, those of acts too. `not_found`; `invalid` for a cursor that no page has given.",
    params: taskParams,
    query: cursorQuery,
    answers: [{ status: 200, about: "A page.", schema: paged(wire.comment) }],
    handle: async ({ principal, verbs, params, query }) => {
      const { comments, next } = await verbs.human.comments(principal, params.id, query.cursor);
      return { status: 200, body: { data: comments.map(wireComment), next_cursor: next } };
    },
  }),
  route({
    method: "POST",
    path: "/v1/tasks/{id}/comments",
    id: "addComment",
    scope: "tasks",
    tag,
    summary: "Comment on it",
    description: "`not_found`; `not_allowed_in_state` when it has ended.",
    params: taskParams,
    body: wire.commentBody,
    answers: [{ status: 201, about: "The comment.", schema: wire.comment }],
    handle: async ({ principal, verbs, params, body }) => ({
      status: 201,
      body: wireComment(await verbs.human.comment(principal, params.id, body)),
    }),
  }),
  route({
    method: "GET",
    path: "/v1/tasks/{id}/attachments",
    id: "listAttachments",
    scope: "tasks",
    tag,
    summary: "List its attachments",
    description: "Oldest first. `not_found`.",
    params: taskParams,
    answers: [{ status: 200, about: "All of them.", schema: list(wire.attachment) }],
    handle: async ({ principal, verbs, params }) => ({
      status: 200,
      body: { data: (await verbs.human.attachments(principal, params.id)).map(wireAttachment) },
    }),
  }),
  attachRoute(),
  route({
    method: "GET",
    path: "/v1/tasks/{id}/attachments/{name}",
    id: "getAttachment",
    scope: "tasks",
    tag,
    summary: "Download an attachment",
    description: "`not_found`.",
    params: attachmentParams,
    answers: [{ status: 200, about: "The bytes, of its media type.", mediaType: "*/*" }],
    handle: async ({ principal, verbs, params }) => {
      return attachmentAnswer(await verbs.human.openAttachment(principal, params.id, params.name));
    },
  }),
  route({
    method: "DELETE",
    path: "/v1/tasks/{id}/attachments/{name}",
    id: "removeAttachment",
    scope: "tasks",
    tag,
    summary: "Remove an attachment",
    description:
      "`not_found`; `forbidden` unless you added it, or it is your task; `not_allowed_in_state` when the task has ended.",
    params: attachmentParams,
    refuses: ["forbidden"],
    answers: [{ status: 204, about: "It is gone." }],
    handle: async ({ principal, verbs, params }) => {
      await verbs.human.detach(principal, params.id, params.name);
      return { status: 204 };
    },
  }),
];

export const humanRoutes: readonly Route[] = [...worklist, ...acts, ...remarks];

function attachRoute(): Route {
  return route({
    method: "POST",
    path: "/v1/tasks/{id}/attachments",
    id: "addAttachment",
    scope: "tasks",
    tag,
    summary: "Attach a file",
    description:
      "As a form with the file as `file`; or the bytes alone, of any other type, with its `name` in the query. " +
      "`conflict` for a name that it has already; `not_allowed_in_state` when it has ended; `too_large`.",
    params: taskParams,
    reads: "form or bytes",
    query: wire.attachmentForm,
    body: formOrBytesOf(wire.attachmentForm, { file: "The file." }),
    bodyType: "multipart/form-data",
    bodyBytesMax: ATTACHMENT_BYTES_MAX + FORM_BYTES,
    refuses: ["conflict"],
    answers: [{ status: 201, about: "The attachment.", schema: wire.attachment }],
    handle: async ({ principal, verbs, params, query, body, left, headers }) => {
      // Before anything of it is kept.
      await verbs.tasks.get(principal, params.id);
      const receive = (bytes: Readable) =>
        verbs.uploads.receive(principal, bytes, { bytesMax: ATTACHMENT_BYTES_MAX, signal: left() });
      const attach = async (upload: Upload, given: { name: string; declared: string; scope?: "task" | "process" }) => {
        const { name, declared, scope } = given;
        const about = { name, mediaType: mediaTypeOf(name, declared), ...(scope && { scope }) };
        return verbs.human.attach(principal, params.id, about, upload);
      };
      if (body instanceof Readable) {
        const [declared = ""] = (headers["content-type"] ?? "").split(";", 1);
        const upload = await receive(body);
        try {
          const { name = "", scope } = query;
          const attached = await attach(upload, { name, declared: declared.trim(), ...(scope && { scope }) });
          return { status: 201, body: wireAttachment(attached) };
        } finally {
          await upload.release();
        }
      }
      const { fields, files } = await body.read(async (file: FormFile) => {
        if (file.name !== "file") throw new Refusal("invalid", `A form has one file, "file".`, { field: file.name });
        const upload = await receive(file.bytes);
        return { upload, release: upload.release };
      });
      const [file] = files;
      if (!file || files.length > 1) throw new Refusal("invalid", `A form has one file, "file".`, { field: "file" });
      const { name = file.filename, scope } = { ...query, ...fields };
      const attached = await attach(file.kept.upload, { name, declared: file.mediaType, ...(scope && { scope }) });
      return { status: 201, body: wireAttachment(attached) };
    },
  });
}
