/** A shop's orders. Yours would come from a database. */
export type Order = {
  id: string;
  customer: string;
  euros: number;
  state: "packed" | "shipped" | "delivered" | "refunded";
};

const orders = new Map<string, Order>(
  [
    { id: "A-1001", customer: "Ada", euros: 40, state: "shipped" as const },
    { id: "A-1002", customer: "Grace", euros: 15.5, state: "delivered" as const },
    { id: "A-1003", customer: "Ada", euros: 120, state: "packed" as const },
  ].map((order) => [order.id, order]),
);

export function allOrders(): Order[] {
  return [...orders.values()];
}

export function findOrder(id: string): Order | undefined {
  return orders.get(id.trim().toUpperCase());
}

/** Refunding an order that was refunded before changes nothing. */
export function refund(order: Order): Order {
  const refunded: Order = { ...order, state: "refunded" };
  orders.set(order.id, refunded);
  return refunded;
}
