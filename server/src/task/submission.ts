/**
 * What a caller hands in: a new task, an act on one, an answer. Each lens builds these from its own wire; the limits of a
 * submission stand here, and wire schemas are made of these fields.
 */
import { z } from "zod";
import { MULTITASK_STRATEGIES } from "./agent/multitask.ts";
import { isWithin, type Json, json, jsonObject } from "./json/json.ts";
import { part } from "./part.ts";
import type { InputAsk } from "./states.ts";
import { type NewSubscription, newSubscription, SUBSCRIPTIONS_OF_TASK_MAX } from "./subscription.ts";
import { budget, concurrency, retryPolicy } from "./task.ts";

export const PRIORITY_MAX = 100;
export const KIND_LENGTH_MAX = 64;
export const NAME_LENGTH_MAX = 255;
/** Of a task's metadata: every list shows it. */
export const METADATA_KEYS_MAX = 64;
export const METADATA_BYTES_MAX = 16 << 10;
const DAYS_366_MS = 366 * 86_400_000;

/** A name of a client's own: of a conversation, a question, a message, a worker or a queue. */
export const givenName = z.string().min(1).max(NAME_LENGTH_MAX);

export const metadata = jsonObject
  .refine((value) => Object.keys(value).length <= METADATA_KEYS_MAX, {
    error: `must have at most ${METADATA_KEYS_MAX} keys`,
  })
  .refine((value) => isWithin(value, METADATA_BYTES_MAX), {
    error: `must be at most ${METADATA_BYTES_MAX} bytes of JSON`,
  });

export const submission = z.strictObject({
  kind: z.string().min(1).max(KIND_LENGTH_MAX),
  input: json,
  /** An own conversation by its id, or by the name that the client gave it in this lens (made when new); or a new one. */
  conversation: z
    .union([
      /** `context` and `agent` are of a new one. */
      z.strictObject({ new: z.literal(true), context: jsonObject.optional(), agent: givenName.optional() }),
      z.strictObject({ alias: givenName, context: jsonObject.optional(), agent: givenName.optional() }),
      z.strictObject({ id: z.string() }),
    ])
    .optional(),
  /**
   * What its conversation keeps of the question: other parts than those that the kind makes of the input, and metadata;
   * null for nothing, where the question is in the conversation already.
   */
  message: z
    .strictObject({ parts: z.array(part).min(1).max(1000).optional(), metadata: metadata.optional() })
    .nullable()
    .optional(),
  /** Higher first. */
  priority: z.int().min(-PRIORITY_MAX).max(PRIORITY_MAX).default(0),
  /** From the submit; not started before. */
  delayMs: z.int().min(0).max(DAYS_366_MS).optional(),
  /** From the submit; the task is `timed_out` when it passes. */
  deadlineMs: z.int().min(1).max(DAYS_366_MS).optional(),
  retry: retryPolicy.prefault({}),
  concurrency: concurrency.optional(),
  /** How it stands to the open tasks of its conversation; as its kind or its agent says when absent. */
  multitaskStrategy: z.enum(MULTITASK_STRATEGIES).optional(),
  budget: budget.optional(),
  metadata: metadata.default({}),
  /** Who is told of its events, from the first on. */
  subscriptions: z.array(newSubscription).max(SUBSCRIPTIONS_OF_TASK_MAX).optional(),
});
export type Submission = z.input<typeof submission>;

/**
 * Remembers an answer for 24 h. The same key with another `hash` is refused as `conflict`: a lens for which that is
 * simply another request puts the hash into the key.
 */
export type Idempotency = { key: string; hash: string };

/** `now` stops the steps in flight too. */
export type Pausing = Steering & { now?: boolean };
export type Steering = { reason?: string; idempotency?: Idempotency };

export type InputSubmission = {
  /** The same message twice is taken once. Made by the engine when absent. */
  messageId?: string;
  /** Answers this question; without it the first open one, or it waits in the inbox for the next. */
  prompt?: string;
  /** It answers no question that asks this, whatever is open. */
  except?: InputAsk;
  value: Json;
  /** It is what a person has written: read as its question wants it. */
  words?: boolean;
  /** A further name of the task, by which clients of that lens know it from then on. */
  alias?: { lens: string; value: string };
  /** Who is told of the task's events from this one on; one of the same id is replaced. */
  subscriptions?: NewSubscription[];
};
