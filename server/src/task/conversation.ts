/** The thread that tasks share: a Shannon session, an Orchestrate thread, an A2A context. */
import { z } from "zod";
import type { JsonObject } from "./json.ts";
import { part } from "./part.ts";

export const message = z.strictObject({
  role: z.enum(["user", "agent"]),
  parts: z.array(part).min(1).max(1000),
});
export type MessageDraft = z.infer<typeof message>;
export type Message = MessageDraft & { n: number; task: string | null; at: number };

/** Totals are kept in the transaction of the transition that changes them. */
export type Conversation = {
  id: string;
  tenant: string;
  user: string;
  title: string;
  context: JsonObject;
  createdAt: number;
  updatedAt: number;
  lastActivityAt: number;
  tasks: number;
  completed: number;
  failed: number;
  inputTokens: number;
  outputTokens: number;
  costUsd: number;
};
