/**
 * What callers may do: the one interface between the lenses and the engine. Every verb is bound to a principal; what
 * that principal may not see is `not_found`. Refusals are thrown as `Refusal`. What a verb acknowledged is on disk.
 */
import { z } from "zod";
import type { Artifact } from "./artifact.ts";
import type { Conversation, Message } from "./conversation.ts";
import type { Event } from "./event.ts";
import { type Json, json, jsonObject } from "./json.ts";
import type { Part } from "./part.ts";
import type { Principal, Scope } from "./principal.ts";
import { STATES } from "./states.ts";
import { budget, concurrency, type Failure, retryPolicy, type Task, type Wait } from "./task.ts";
import type { UsageCall } from "./usage.ts";

/** What a caller hands in. Each lens builds it from its own wire. */
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

export type Acknowledged = {
  task: Task /** The verb had already taken effect under this idempotency key. */;
  replayed: boolean;
};

export type TaskFilter = {
  states?: readonly Task["state"][];
  kinds?: readonly string[];
  conversation?: string;
  parent?: string;
  createdFrom?: number;
  createdBefore?: number;
  /** Words that the title or the input must hold, all of them. */
  text?: string;
  /** Exact values of top-level metadata keys. */
  metadata?: Record<string, string>;
};

/** Newest first. `offset` for APIs that page so; `cursor` (from `next`) for those that do not want gaps. */
export type Page = { limit: number; offset?: number; cursor?: string };
export const PAGE_LIMIT_MAX = 200;

export type TaskList = {
  tasks: Task[];
  total: number /** Cursor of the next page; null on the last. */;
  next: string | null;
};

export type Steering = { reason?: string; idempotency?: Idempotency };

export type InputSubmission = {
  /** The same message twice is taken once. Made by the engine when absent. */
  messageId?: string;
  /** Answers this question; without it the first open one, or it waits in the inbox for the next. */
  prompt?: string;
  value: Json;
};

/** One journaled call of a handler. */
export type Step = {
  branch: string;
  position: number;
  name: string;
  kind: "step" | "sleep" | "input" | "child" | "effect" | "read" | "pause";
  state: "done" | "failed" | "waiting" | "retrying";
  tries: number;
  at: number;
  /** How long the body ran; null while it has not ended. */
  durationMs: number | null;
  result: Json;
  error: Failure | null;
};

/** What a person on call needs: why the task is where it is. */
export type Why = {
  task: string;
  state: Task["state"];
  /** One sentence. */
  summary: string;
  since: number;
  /** When it goes on or gives up by itself; null: not without somebody. */
  until: number | null;
  waits: Wait[];
  /** What runs at this moment: names of steps in flight. */
  running: string[];
  /** What holds the slots that it wants: ids of tasks, at most 20. */
  heldBy: string[];
  /** Tasks before it in the queue; null when it is not in it. */
  ahead: number | null;
  lastError: Failure | null;
};

export type AuditEntry = { at: number; user: string; keyId: string; act: string; task: string | null; detail: Json };

export interface Tasks {
  submit(principal: Principal, lens: string, submission: Submission, idempotency?: Idempotency): Promise<Acknowledged>;
  get(principal: Principal, id: string): Promise<Task>;
  /** Several at once, in the order asked for; those that cannot be seen are left out. At most `PAGE_LIMIT_MAX`. */
  list(principal: Principal, filter: TaskFilter, page: Page): Promise<TaskList>;
  /** Events with `seq` > `after`, oldest first. */
  events(principal: Principal, id: string, after: number, limit: number): Promise<Event[]>;
  /**
   * The log from `after` on, then live, in batches, until the terminal event was given, or `signal` fires. Holds a
   * cursor and no queue: a reader that does not read costs nothing. Event objects are shared between all followers
   * of a task, so an encoding may be cached on their identity.
   */
  follow(principal: Principal, id: string, after: number, signal: AbortSignal): AsyncIterable<readonly Event[]>;
  /** The task when it is terminal, needs input or is paused, or as it is after `ms`. */
  settled(principal: Principal, id: string, ms: number, signal: AbortSignal): Promise<Task>;
  steps(principal: Principal, id: string): Promise<Step[]>;
  artifacts(principal: Principal, id: string): Promise<Artifact[]>;
  usage(principal: Principal, id: string): Promise<(UsageCall & { at: number })[]>;
  why(principal: Principal, id: string): Promise<Why>;

  /** Cancels its open descendants too, in one transaction. */
  cancel(principal: Principal, id: string, steering?: Steering): Promise<Acknowledged>;
  pause(principal: Principal, id: string, steering?: Steering): Promise<Acknowledged>;
  resume(principal: Principal, id: string, steering?: Steering): Promise<Acknowledged>;
  input(principal: Principal, id: string, input: InputSubmission, steering?: Steering): Promise<Acknowledged>;
  /** A new task with `retryOf`; `reuseJournal` keeps what the first one's steps have already done. */
  retry(principal: Principal, id: string, options: { reuseJournal: boolean } & Steering): Promise<Acknowledged>;
  /** Hides an ended task from every list and read. */
  delete(principal: Principal, id: string, steering?: Steering): Promise<void>;
}

/** Work that other programs do. Needs the scope `work`. A claim's `attempt` is its fencing token. */
export interface Work {
  /** Up to `max` ready tasks of kind `external` whose input names `queue`, waiting up to `waitMs` for the first. */
  claim(
    principal: Principal,
    claim: { worker: string; queue: string; max: number; leaseMs: number; waitMs: number },
    signal: AbortSignal,
  ): Promise<Task[]>;
  heartbeat(
    principal: Principal,
    id: string,
    beat: { worker: string; attempt: number; leaseMs: number; progress?: { fraction: number; message: string } },
  ): Promise<Task>;
  complete(principal: Principal, id: string, done: { worker: string; attempt: number; output: Json }): Promise<Task>;
  fail(
    principal: Principal,
    id: string,
    failed: { worker: string; attempt: number; error: Failure; retryable: boolean },
  ): Promise<Task>;
}

export type ConversationList = { conversations: Conversation[]; total: number };

export interface Conversations {
  /** By its id, or by the alias that a client gave it in `lens`. */
  get(
    principal: Principal,
    lens: string,
    idOrAlias: string,
  ): Promise<{ conversation: Conversation; alias: string | null }>;
  /** Newest created first. `aliases` are those of `lens`, in the order of `conversations`. */
  list(principal: Principal, lens: string, page: Page): Promise<ConversationList & { aliases: (string | null)[] }>;
  messages(
    principal: Principal,
    id: string,
    page: { limit: number; offset: number },
  ): Promise<{ messages: Message[]; total: number }>;
  rename(principal: Principal, id: string, title: string): Promise<Conversation>;
  /** It answers `not_found` from then on; its tasks stay. False when it was deleted before. */
  delete(principal: Principal, lens: string, idOrAlias: string): Promise<boolean>;
  say(principal: Principal, id: string, parts: Part[]): Promise<Message>;
}

export type Key = {
  id: string;
  name: string;
  tenant: string;
  user: string;
  scopes: Scope[];
  createdAt: number;
  expiresAt: number | null;
  revokedAt: number | null;
  /** The last four characters, to tell keys apart. */
  hint: string;
};

export interface Keys {
  /** The principal of a key as a client sent it; null when there is none, or it is revoked or expired. */
  authenticate(secret: string): Promise<Principal | null>;
  /** `secret` is shown this once. A key's scopes and tenant are within those of its maker. */
  create(
    principal: Principal,
    key: { name: string; user?: string; scopes?: Scope[]; expiresAt?: number },
  ): Promise<{ key: Key; secret: string }>;
  list(principal: Principal): Promise<Key[]>;
  revoke(principal: Principal, id: string): Promise<Key>;
  audit(principal: Principal, page: { limit: number; before?: number; task?: string }): Promise<AuditEntry[]>;
}

export const state = z.enum(STATES);

/** All that lenses are handed. */
export type Verbs = { tasks: Tasks; work: Work; conversations: Conversations; keys: Keys };
