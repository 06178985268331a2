/** People's work -> native wire, and native wire -> acts and worklists. */
import type { z } from "zod";
import { Refusal } from "../../task/errors.ts";
import type { DirectoryEntry } from "../../task/people/directory.ts";
import { type Attachment, type Comment, type HistoryEntry, type HumanAct, humanAct } from "../../task/people/human.ts";
import { WORK_ORDERS } from "../../task/people/work-states.ts";
import type { Task } from "../../task/task.ts";
import type { WorklistQuery } from "../../verbs/human.ts";
import * as wire from "./human-schema.ts";
import { wireAssignment, wireSummary, wireTime } from "./translate.ts";

type Wire<Schema extends z.ZodType> = z.output<Schema>;

/** A worklist has tasks with an assignment alone. */
export function wireWorkItems(found: readonly Task[]): Wire<typeof wire.workItem>[] {
  return found.flatMap((task) => {
    const assignment = wireAssignment(task);
    return assignment === null ? [] : [{ ...wireSummary(task), assignment }];
  });
}

export function wireComment({ seq, at, by, text, scope }: Comment): Wire<typeof wire.comment> {
  return { seq, at: wireTime(at), by, text, scope };
}

export function wireAttachment({ mediaType, at, ...rest }: Attachment): Wire<typeof wire.attachment> {
  return { ...rest, media_type: mediaType, at: wireTime(at) };
}

export function wireHistoryEntry({ at, ...entry }: HistoryEntry): Wire<typeof wire.historyEntry> {
  return { ...entry, at: wireTime(at) };
}

export function wireDirectoryEntry(entry: DirectoryEntry): Wire<typeof wire.directoryEntry> {
  const { firstName, lastName, groups, roles, ...rest } = entry;
  return { ...rest, first_name: firstName, last_name: lastName, groups: [...groups], roles: [...roles] };
}

/** Throws `invalid`, naming the field that the act lacks or has no use for. */
export function actOf(body: Wire<typeof wire.actBody>): HumanAct {
  const { comment: _, priority: __, revision: ___, expires_at: expiresAt, ...said } = body;
  const read = humanAct.safeParse({ ...said, ...(expiresAt !== undefined && { expiresAt }) });
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const field = ["body", ...(issue?.path ?? [])].join(".");
  throw new Refusal("invalid", `${field}: ${issue?.message ?? "does not fit the act"}`, { field });
}

export function worklistOf(query: Wire<typeof wire.worklistQuery>): WorklistQuery {
  const { of, state, title, created_by, from, key, category, definition, priority, due_from, due_until } = query;
  const order = query.order?.map((term) => {
    const [field, way] = term.split(":");
    return { by: WORK_ORDERS.find((each) => wire.snake(each) === field) ?? "number", descending: way === "desc" };
  });
  return {
    of,
    ...(state && { states: state }),
    ...(title !== undefined && { title }),
    ...(created_by !== undefined && { createdBy: created_by }),
    ...(from !== undefined && { from }),
    ...(key !== undefined && { key }),
    ...(category !== undefined && { category }),
    ...(definition !== undefined && { definition }),
    ...(priority !== undefined && { priority }),
    ...(due_from !== undefined && { dueFrom: due_from }),
    ...(due_until !== undefined && { dueUntil: due_until }),
    ...(order && { order }),
  };
}
