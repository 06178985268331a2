/** The contents of each field of a task: a link, or its items. */

import type { Json } from "../../task/json/json.ts";
import type { Attachment } from "../../task/people/human.ts";
import type { Task } from "../../task/task.ts";
import { type Caller, numberOf } from "./caller.ts";
import type { Field, Link, Links } from "./links.ts";
import type { WireAttachment, WireComment, WireHistoryEntry } from "./schema.ts";
import { scopeWord } from "./task-log.ts";
import { worklistTime } from "./times.ts";

/** A field that is not expanded. */
export function collapsed(links: Links, number: number, field: Field): { levels: 0; links: Link[] } {
  return { levels: 0, links: [links.field("self", number, field)] };
}

function expanded(links: Links, number: number, field: Field): { levels: 1; links: Link[] } {
  return { levels: 1, links: [links.field("self", number, field), links.task("back", number)] };
}

export function commentsOf(links: Links, task: Task, comment: WireComment[]) {
  return { ...expanded(links, numberOf(task), "comments"), comment };
}

export function historyOf(links: Links, task: Task, taskHistory: WireHistoryEntry[]) {
  return { ...expanded(links, numberOf(task), "history"), taskHistory };
}

export function attachmentsOf(caller: Caller, task: Task, attachments: readonly Attachment[]) {
  const number = numberOf(task);
  const attachment = attachments.map((each) => wireAttachmentOf(caller, number, each));
  return { ...expanded(caller.links, number, "attachments"), attachment };
}

export function wireAttachmentOf(caller: Caller, number: number, attachment: Attachment): WireAttachment {
  const { links } = caller;
  const { name, bytes, mediaType, scope, by, at } = attachment;
  return {
    attachmentName: name,
    attachmentScope: scopeWord(scope),
    attachmentSize: bytes,
    mimeType: mediaType,
    title: name,
    updatedBy: caller.nameOf(by),
    updatedDate: worklistTime(at),
    userId: by,
    uri: links.stream(number, attachment),
    links: [links.attachment("self", number, name), links.task("back", number)],
  };
}

/** The object of the decision, as people have changed it; for a task that asks nobody, its input. */
export function payloadOf({ assignment, kind, input }: Task): Json {
  if (assignment === null || (kind !== "human" && Object.keys(assignment.payload).length === 0)) return input;
  return assignment.payload;
}
