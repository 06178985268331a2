/** A send that is to take effect once, however often it comes: its client says so by a header, or by an extension of ours. */
import type { JsonObject } from "../../../task/json/json.ts";
import type { Idempotency } from "../../../task/submission.ts";
import { idempotencyOf } from "../../idempotency.ts";
import { SENT_ONCE } from "../extensions.ts";
import type { SendCommand } from "../model/command.ts";
import type { Exchange } from "../operation.ts";

/** Bound to what is sent and to the agent, whichever dialect it comes in. Undefined for a send that may be repeated. */
export function sentOnce(
  { headers, extensions, agent }: Pick<Exchange, "headers" | "extensions" | "agent">,
  command: SendCommand,
): Idempotency | undefined {
  const key = headers["idempotency-key"] ?? (extensions.has(SENT_ONCE) ? command.message.messageId : undefined);
  if (key === undefined) return undefined;
  const { message, metadata } = command;
  const sent: JsonObject = { message: canonical(message), metadata: canonical(metadata) };
  const bound = idempotencyOf(
    { method: "send", url: agent.id, mount: "", headers: { "idempotency-key": String(key) }, body: sent },
    "conflict",
  );
  return bound && { key: `${agent.id} ${bound.key}`, hash: bound.hash };
}

/** The same value with its keys in order. */
export function canonical(value: unknown): JsonObject[string] {
  if (Array.isArray(value)) return value.map((item) => canonical(item) ?? null);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, inner]) => inner !== undefined)
        .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
        .map(([key, inner]) => [key, canonical(inner)]),
    );
  }
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  return null;
}
