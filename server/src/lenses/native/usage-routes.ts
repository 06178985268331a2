/** What was paid for, by day, user, agent and model. */
import type { z } from "zod";
import type { UsageRow, UsageSum } from "../../task/daily-usage.ts";
import type { HeldShare } from "../../verbs/usage.ts";
import { type Route, route } from "../route.ts";
import { wireUsageTotals } from "./translate.ts";
import * as wire from "./usage-schema.ts";

export const usageRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/v1/share",
    id: "getShare",
    scope: "tasks",
    tag: "Usage",
    summary: "What you hold, and how much there may be",
    description:
      "Your user's open tasks, money of the day and stored bytes, with the bounds beyond which a submit is `rate_limited`. " +
      "What a task keeps counts until it is removed, which retention does.",
    answers: [{ status: 200, about: "Your share.", schema: wire.share }],
    handle: async ({ principal, verbs }) => {
      const { user, tenant } = await verbs.usage.share(principal);
      return { status: 200, body: { user: wireHeld(user), tenant: tenant && wireHeld(tenant) } };
    },
  }),
  route({
    method: "GET",
    path: "/v1/usage",
    id: "sumUsage",
    scope: "tasks",
    tag: "Usage",
    summary: "What was paid for, by day, user, agent and model",
    description:
      "Your own; with the scope `tasks:all` that of the whole tenant. Each call counts once, on the UTC day on which it was " +
      "recorded: those of deleted tasks too, and those that failed after they were paid for. `estimated_calls` are those " +
      "whose provider stated no counts. Latest day first, then by user, agent, provider and model. `forbidden` for another's.",
    query: wire.usageQuery,
    answers: [{ status: 200, about: "A page.", schema: wire.usagePage }],
    handle: async ({ principal, verbs, query: { group_by, limit, cursor, ...given } }) => {
      const question = { groups: group_by, ...given };
      const { from, to, rows, total, next } = await verbs.usage.sums(principal, question, { limit, cursor });
      const body: z.output<typeof wire.usagePage> = {
        from: wireDay(from),
        to: wireDay(to),
        data: rows.map(wireRow),
        total: wireSum(total),
        next_cursor: next,
      };
      return { status: 200, body };
    },
  }),
];

function wireHeld({ openTasks, usdToday, storedBytes }: HeldShare): z.output<typeof wire.heldShare> {
  return { open_tasks: openTasks, usd_today: usdToday, stored_bytes: storedBytes };
}

function wireRow({ day, user, agent, provider, model, ...sum }: UsageRow): z.output<typeof wire.usageRow> {
  return { day: day === null ? null : wireDay(day), user, agent, provider, model, ...wireSum(sum) };
}

function wireSum(sum: UsageSum): z.output<typeof wire.usageSum> {
  return {
    ...wireUsageTotals(sum),
    cache_read_tokens: sum.cacheReadTokens,
    cache_write_tokens: sum.cacheWriteTokens,
  };
}

function wireDay(day: number): string {
  return new Date(day).toISOString().slice(0, 10);
}
