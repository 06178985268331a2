import type { UsageRow, UsageSum } from "./generated/api.ts";
import { type Answer, type CallOptions, perform, type Request } from "./operation.ts";
import { type Page, Pages } from "./pages.ts";
import type { Transport } from "./transport.ts";

/** Days as `2026-11-26`, UTC, both included: the thirty that end today when they are absent. `group_by` is `["day"]` when absent. */
export type UsageFilter = Omit<NonNullable<Request<"sumUsage">["query"]>, "cursor">;
type UsageAnswer = Answer<"sumUsage">;
/** `total` is of all pages. */
export type UsagePage = Page<UsageRow> & { from: string; to: string; total: UsageSum };

/** Latest day first, then by user, agent, provider and model. */
export function usagePages(
  transport: Transport,
  filter: UsageFilter,
  options: CallOptions,
): Pages<UsageRow, UsagePage> {
  return new Pages(async (cursor) => {
    const query = { ...filter, ...(cursor !== undefined && { cursor }) };
    const {
      data,
      next_cursor: next,
      from,
      to,
      total,
    }: UsageAnswer = await perform(transport, "sumUsage", { query }, options);
    return { items: data, next, from, to, total };
  });
}
