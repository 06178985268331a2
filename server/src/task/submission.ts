/** What a caller hands in: a new task, an act on one, an answer. Each lens builds these from its own wire. */
import { z } from "zod";
import { type Json, json, jsonObject } from "./json.ts";
import { budget, concurrency, retryPolicy } from "./task.ts";

export const submission = z.strictObject({
  kind: z.string().min(1).max(64),
  input: json,
  /** An own conversation by its id, or by the name that the client gave it in this lens (made when new). */
  conversation: z
    .union([
      z.strictObject({ id: z.string() }),
      z.strictObject({ alias: z.string().min(1).max(255), context: jsonObject.optional() }),
    ])
    .optional(),
  priority: z.int().min(-100).max(100).default(0),
  delayMs: z
    .int()
    .min(0)
    .max(366 * 86_400_000)
    .optional(),
  /** From the submit; the task is `timed_out` when it passes. */
  deadlineMs: z
    .int()
    .min(1)
    .max(366 * 86_400_000)
    .optional(),
  retry: retryPolicy.prefault({}),
  concurrency: concurrency.optional(),
  budget: budget.optional(),
  metadata: jsonObject.default({}),
});
export type Submission = z.input<typeof submission>;

/**
 * Remembers an answer for 24 h. The same key with another `hash` is refused as `conflict`: a lens for which that is
 * simply another request puts the hash into the key.
 */
export type Idempotency = { key: string; hash: string };

export type Steering = { reason?: string; idempotency?: Idempotency };

export type InputSubmission = {
  /** The same message twice is taken once. Made by the engine when absent. */
  messageId?: string;
  /** Answers this question; without it the first open one, or it waits in the inbox for the next. */
  prompt?: string;
  value: Json;
};
