/**
 * A kind of your own: ordinary async code whose every step is journaled. Kill the server at any line, start it again,
 * and the task goes on where it was; a step that had ended is not run again.
 */
import { type Context, defineHandler } from "waybill";
import { z } from "zod";
import { allOrders } from "./orders.ts";

const input = z.strictObject({
  customer: z.string().min(1).max(100).optional(),
  /** The report is published after a person has read it. */
  review: z.boolean().default(false),
});

export const orderReport = defineHandler({
  kind: "order_report",
  input,
  present: ({ customer }) => ({ title: `Order report for ${customer ?? "everybody"}` }),
  run: report,
});

async function report(ctx: Context, { customer, review }: z.infer<typeof input>) {
  const orders = await ctx.step("read orders", async () =>
    allOrders().filter((order) => customer === undefined || order.customer === customer),
  );
  ctx.progress(0.5, `${orders.length} orders read`);

  const lines = orders.map(({ id, euros, state }) => `| ${id} | ${euros.toFixed(2)} | ${state} |`);
  const text = ["| order | euros | state |", "| --- | ---: | --- |", ...lines].join("\n");
  ctx.artifact({ id: "report", name: "orders.md", parts: [{ text, mediaType: "text/markdown" }] });

  if (review) {
    // Waiting holds no memory: the task sleeps on disk until somebody answers, or a day has passed.
    const answer = await ctx.waitForInput("review", {
      asks: "approval",
      prompt: `Publish this report?\n\n${text}`,
      schema: { type: "object", properties: { approved: { type: "boolean" } }, required: ["approved"] },
      deadlineMs: 24 * 3_600_000,
    });
    if (!z.looseObject({ approved: z.literal(true) }).safeParse(answer?.value).success) return { published: false };
  }
  return { published: true, orders: orders.length, euros: orders.reduce((sum, { euros }) => sum + euros, 0) };
}
