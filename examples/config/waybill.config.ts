/**
 * An agent, its tools and a kind of your own: `waybill dev --config examples/config/waybill.config.ts`, then
 *
 *     waybill submit 'Use order_status with {"order": "A-1001"}'
 */
import { defineAgent, defineConfig, defineTool } from "waybill";
import { z } from "zod";
import { orderReport } from "./order-report.ts";
import { findOrder, type Order, refund } from "./orders.ts";

const orderId = z
  .string()
  .regex(/^[a-z]-\d{4}$/i)
  .describe("Such as A-1001.");

const orderStatus = defineTool({
  name: "order_status",
  description: "Looks up an order: its state, customer and amount.",
  input: z.strictObject({ order: orderId }),
  run: ({ order }) => known(order),
});

const refundOrder = defineTool({
  name: "refund_order",
  description: "Refunds an order in full. A person approves it first.",
  input: z.strictObject({ order: orderId, reason: z.string().min(1).max(500) }),
  needsApproval: true,
  run: ({ order }) => refund(known(order)),
});

/** What a tool throws, the model is told. */
function known(id: string): Order {
  const order = findOrder(id);
  if (order === undefined) throw new Error(`There is no order ${id}.`);
  return order;
}

const support = defineAgent({
  slug: "support",
  name: "Support",
  description: "Answers questions about orders.",
  instructions: "You work for a small shop. Look orders up before you speak of them, and never promise a refund.",
  tools: ["order_status", "refund_order", "calculator"],
  asksPerson: true,
});

export default defineConfig({
  agents: [support],
  tools: [orderStatus, refundOrder],
  handlers: [orderReport],
});
