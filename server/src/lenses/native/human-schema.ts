/** What the native wire says of people's work: acts, remarks, worklists. */
import { z } from "zod";
import { ASSIGNMENT_STATES } from "../../task/people/assignment.ts";
import { COMMENT_CHARS_MAX, humanAct, humanPriority, REMARK_SCOPES, ROUTINGS } from "../../task/people/human.ts";
import { WORK_ORDERS, WORK_STATES } from "../../task/people/work-states.ts";
import { givenName } from "../../task/submission.ts";
import { PAGE_LIMIT_MAX } from "../../task/task-filter.ts";
import { WORK_OF } from "../../verbs/human.ts";
import { named } from "../openapi.ts";
import {
  anyObject,
  assignment,
  count,
  identity,
  limit,
  listOf,
  moment,
  offsetQuery,
  taskSummary,
  time,
} from "./schema.ts";

const scope = z.enum(REMARK_SCOPES).default("task").describe("Kept as it is said.");
const acts = z.enum(humanAct.options.map(({ shape }) => shape.act.value));

export const actBody = z
  .strictObject({
    act: acts,
    outcome: z
      .string()
      .min(1)
      .max(64)
      .optional()
      .describe("Of `decide`: an outcome of the task's assignment, in any case."),
    payload: anyObject.optional().describe("Of `decide` and `save`; it must fit the form."),
    to: z.array(identity).max(100).optional().describe("Of `delegate`, `reassign`, `escalate` and `route`."),
    from: z.array(identity).length(1).optional().describe("Of `request_information`."),
    routing: z.enum(ROUTINGS).optional().describe("Of `route`: to all at once, one after another, or with a vote."),
    votes: z
      .union([z.enum(["any", "all"]), z.int().min(1).max(100)])
      .optional()
      .describe("Of a vote: how many must say the same."),
    otherwise: z.string().max(64).optional().describe("Of a vote: the outcome when the first can no longer be had."),
    expires_at: moment.optional().describe("Of `renew`."),
    comment: z.string().min(1).max(COMMENT_CHARS_MAX).optional(),
    priority: humanPriority.optional().describe("1 is the highest."),
    revision: z.int().positive().optional().describe("`conflict` unless the task is still at this one."),
  })
  .meta({ example: { act: "decide", outcome: "approve", comment: "Fine." } });
named(actBody, "Act");

export const allowedAct = z.strictObject({ act: acts, outcome: z.string().nullable(), title: z.string() });
named(allowedAct, "AllowedAct");

export const commentBody = z.strictObject({ text: z.string().min(1).max(COMMENT_CHARS_MAX), scope });
export const comment = z.strictObject({
  seq: count.describe("Number of its event."),
  at: time,
  by: z.string(),
  text: z.string(),
  scope: z.enum(REMARK_SCOPES),
});
named(comment, "Comment");

export const attachmentForm = z.strictObject({
  name: z.string().max(255).optional().describe("One segment of a path; the file's own when absent."),
  scope: z.enum(REMARK_SCOPES).optional(),
});
export const attachment = z.strictObject({
  name: z.string(),
  media_type: z.string(),
  bytes: count,
  sha256: z.string(),
  scope: z.enum(REMARK_SCOPES),
  by: z.string(),
  at: time,
});
named(attachment, "Attachment");

export const historyEntry = z.strictObject({
  seq: count.describe("Number of its event."),
  at: time,
  by: z.string().describe("Empty where it was time alone."),
  act: z.string(),
  state: z.string().describe(`Of the assignment, after it: ${ASSIGNMENT_STATES.join(", ")}.`),
  outcome: z.string().nullable(),
  comment: z.string().nullable(),
  to: z.array(identity).describe("Whom it went to by it."),
});
named(historyEntry, "HistoryEntry");

const orderTerm = z
  .string()
  .regex(
    new RegExp(`^(${WORK_ORDERS.map(snake).join("|")}):(asc|desc)$`),
    `must be one of ${WORK_ORDERS.map(snake).join(", ")}, and :asc or :desc`,
  );
const text = z.string().min(1).max(255).optional();
export const worklistQuery = z.strictObject({
  limit: limit(PAGE_LIMIT_MAX, 50),
  offset: offsetQuery.shape.offset,
  of: z.enum(WORK_OF).default("mine_and_groups").describe("Whose work."),
  state: listOf(z.enum(WORK_STATES), { type: "string", enum: [...WORK_STATES] })
    .optional()
    .describe("One or more, repeated or with commas. All when absent."),
  title: text.describe("Part of the title, in any case."),
  created_by: text,
  from: text.describe("Who gave it to whoever has it now."),
  key: text,
  category: text,
  definition: text,
  priority: z
    .string()
    .regex(/^[1-5]$/, "must be 1 to 5")
    .transform(Number)
    .meta({ wire: { type: "integer", minimum: 1, maximum: 5 } })
    .optional(),
  due_from: moment.optional().describe("Inclusive."),
  due_until: moment.optional().describe("Inclusive."),
  order: listOf(orderTerm, { type: "string" })
    .optional()
    .describe("Such as `priority:asc,created_at:desc`, which is the newest first when absent."),
});

export const workItem = z.strictObject({ ...taskSummary.shape, assignment });
named(workItem, "WorkItem");

export const countsQuery = z.strictObject({ of: worklistQuery.shape.of });
export const workCounts = z.strictObject({
  by_state: z.record(z.string(), count),
  by_priority: z.record(z.string(), count).describe("Of what is open."),
  overdue: count,
});
named(workCounts, "WorkCounts");

export const identityQuery = z.strictObject({
  limit: limit(PAGE_LIMIT_MAX, 50),
  offset: offsetQuery.shape.offset,
  type: identity.shape.type.optional(),
  pattern: givenName.optional().describe("Of the id or the name, in any case; `*` stands for any characters."),
});
export const directoryEntry = z.strictObject({
  ...identity.shape,
  name: z.string(),
  first_name: z.string().nullable(),
  last_name: z.string().nullable(),
  email: z.string().nullable(),
  mobile: z.string().nullable(),
  manager: z.string().nullable(),
  groups: z.array(z.string()),
  roles: z.array(z.string()),
});
named(directoryEntry, "DirectoryEntry");

/** A name of ours as the wire has it. */
export function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
