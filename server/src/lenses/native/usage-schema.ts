/** What the native wire says of totals of usage. Days are those of UTC. */
import { z } from "zod";
import { USAGE_GROUPS } from "../../task/daily-usage.ts";
import { PAGE_LIMIT_MAX } from "../../task/task-filter.ts";
import { named } from "../openapi.ts";
import { count, limit, listOf, usageTotals } from "./schema.ts";

/** Of the names of a page's last row, as a cursor has them. */
const CURSOR_CHARACTERS_MAX = 8_000;

const day = z.iso
  .date()
  .transform((text) => Date.parse(text))
  .meta({ wire: { type: "string", format: "date" } });
const name = z.string().max(255);

export const usageQuery = z.strictObject({
  from: day.optional().describe("The first day; 29 days before the last one when absent."),
  to: day.optional().describe("The last day, included; today when absent."),
  group_by: listOf(z.enum(USAGE_GROUPS), { type: "string", enum: [...USAGE_GROUPS] })
    .default(["day"])
    .describe("One or more, repeated or with commas. `model` tells apart providers too."),
  user: name.min(1).optional().describe("Another's takes the scope `tasks:all`."),
  agent: name.optional(),
  provider: name.optional(),
  model: name.optional(),
  limit: limit(PAGE_LIMIT_MAX, 50),
  cursor: z.string().min(1).max(CURSOR_CHARACTERS_MAX).optional().describe("`next_cursor` of the page before."),
});

export const usageSum = z.strictObject({
  ...usageTotals.shape,
  cache_read_tokens: count.describe("Of the input tokens."),
  cache_write_tokens: count.describe("Of the input tokens."),
});
named(usageSum, "UsageSum");

const group = z.string().nullable();
export const usageRow = z.strictObject({
  day: z.iso.date().nullable(),
  user: group,
  agent: group,
  provider: group,
  model: group,
  ...usageSum.shape,
});
named(usageRow, "UsageRow");

const held = (about: string) =>
  z.strictObject({
    held: z.number().nonnegative().describe(about),
    most: z.number().nullable().describe("As many as there may be; null is any number."),
  });
export const heldShare = z.strictObject({
  open_tasks: held("Tasks that have not ended."),
  usd_today: held("What models have cost on this day, UTC, in US dollars."),
  stored_bytes: held("Values, files, documents, vector stores and messages, as long as they are kept."),
});
named(heldShare, "HeldShare");
export const share = z.strictObject({
  user: heldShare,
  tenant: heldShare.nullable().describe("Of the whole tenant, with the scope `tasks:all`; else null."),
});
named(share, "Share");

export const usagePage = z.strictObject({
  from: z.iso.date(),
  to: z.iso.date(),
  data: z.array(usageRow).describe("What it is not grouped by is null."),
  total: usageSum.describe("Of all pages."),
  next_cursor: z.string().nullable(),
});
