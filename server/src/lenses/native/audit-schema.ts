/** What the native wire says of the audit log. */
import { z } from "zod";
import { PAGE_LIMIT_MAX } from "../../task/task-filter.ts";
import { named } from "../openapi.ts";
import { anyJson, limit, moment, paged, time, waitSeconds } from "./schema.ts";

const filter = {
  from: moment.optional().describe("Not before this moment."),
  before: moment.optional().describe("Before this moment."),
  user: z.string().min(1).max(255).optional(),
  key_id: z.string().min(1).max(255).optional(),
  act: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe("One act, such as `submit` or `keys.create`, or all of a noun: `keys`, `conversations`, `files`."),
  task_id: z.string().min(1).max(64).optional(),
  address: z.string().min(1).max(64).optional().describe("Of the caller."),
};
const cursor = z
  .string()
  .regex(/^\d{1,15}$/, "is no cursor of the audit log")
  .transform(Number)
  .optional()
  .meta({ wire: { type: "string" } });
const wait = waitSeconds.optional().describe("Seconds to hold the answer while there is nothing new.");

export const auditQuery = z.strictObject({
  limit: limit(PAGE_LIMIT_MAX, 50),
  cursor: cursor.describe("`next_cursor` of the page before."),
  order: z
    .enum(["newest", "oldest"])
    .default("newest")
    .describe("`oldest` goes on for ever: its cursor is never null."),
  wait: wait.describe("Seconds to hold the answer while there is nothing new, with `order=oldest`."),
  ...filter,
});

export const auditExportQuery = z.strictObject({
  limit: limit(PAGE_LIMIT_MAX, PAGE_LIMIT_MAX),
  cursor: cursor.describe("`n` of the last line that you have, or `Next-Cursor` of the answer before."),
  wait,
  ...filter,
});

export const auditEntry = z.strictObject({
  n: z.int().describe("Its number in the log of the whole server, in the order of the commits."),
  at: time,
  tenant: z.string().describe("Empty where it is nobody's but the server's own."),
  user: z.string(),
  key_id: z.string(),
  act: z.string(),
  task_id: z.string().nullable(),
  origin: z
    .strictObject({
      address: z.string().describe("Of the caller, behind the proxies that are trusted."),
      lens: z.string().describe("The API that the request came by."),
      request_id: z.string(),
    })
    .nullable()
    .describe("Where the request came from; null where none asked for it."),
  detail: anyJson.describe("Ids, names and sizes. Never what was said."),
  previous_hash: z.string().describe("Hash of the entry before; empty of the first."),
  hash: z
    .string()
    .nullable()
    .describe('SHA-256 of its line in an export up to `,"hash":`. Null of entries from before there was a chain.'),
});
named(auditEntry, "AuditEntry");
export const auditPage = paged(auditEntry);
