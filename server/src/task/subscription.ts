/**
 * A subscription: an address that is told of the events of a task. It is a cursor into the task's log and never a copy of
 * it. Events are told one after the other, each at least once; what an attempt leads to is decided here alone.
 *
 * One of no task is of all tasks that its owner submits from then on: each of them gets a subscription of its own, which
 * goes and stands still with the one that it was made of (`standing`).
 */
import { z } from "zod";
import type { TaskEvent } from "./events/event.ts";
import type { TaskId } from "./id.ts";
import type { Task } from "./task.ts";

/** Of one task and one owner. */
export const SUBSCRIPTIONS_OF_TASK_MAX = 10;
export const URL_CHARACTERS_MAX = 2_048;
const SECRET_CHARACTERS_MAX = 4_096;
/** Types of events that one may name. */
const EVENT_TYPES_MAX = 50;

const FIRST_DELAY_MS = 1_000;
const DELAY_MS_MAX = 300_000;
/** What a receiver may ask for at most, by `Retry-After`. */
const ASKED_DELAY_MS_MAX = 3_600_000;
/** Of a delay, up or down. */
const JITTER = 0.25;
/** Statuses that are worth another try, besides those from 500 on. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 425, 429]);
const GONE = 410;

const subscriptionId = z.string().regex(/^[A-Za-z0-9._:@-]{1,128}$/, "must be 1 to 128 letters, digits and . _ : @ -");
export const eventTypes = z.array(z.string().min(1).max(64)).min(1).max(EVENT_TYPES_MAX);

/** What is kept of one beside its identity. `seq`s are those of the task's log. */
export const subscriptionRecord = z.object({
  url: z.string(),
  /** In whose words: the name of a `PushFormat`. */
  format: z.string(),
  /** Types of events that are told; null for all that the format has words for. */
  events: z.array(z.string()).nullable(),
  /** What is only ever sent, by the format's own names: no read shows it, no log has it. */
  secrets: z.record(z.string(), z.string()),
  /** What its format needs beside them, and anybody may see. */
  settings: z.record(z.string(), z.string()).default({}),
  /** The last event that was told, passed over or given up. */
  cursor: z.int(),
  /** The task as it stands is told first. */
  announces: z.boolean(),
  state: z.enum(["active", "disabled"]),
  /** Why it is disabled, as a sentence. */
  reason: z.string().nullable(),
  /** Of what is told next: attempts so far, and when the next one is due. */
  attempts: z.int(),
  dueAt: z.int().nullable(),
  /** Attempts in a row, of whichever events, that failed. */
  failures: z.int(),
  /** The first event that was given up and not told since. */
  givenUp: z.int().nullable(),
  createdAt: z.int(),
  updatedAt: z.int(),
});

export type Subscription = z.output<typeof subscriptionRecord> & {
  /** Its identity in the store, and in what receivers are sent. */
  key: string;
  /** As its owner calls it: once for a task. */
  id: string;
  task: TaskId | null;
  standing: string | null;
  tenant: string;
  user: string;
  /** Rises with every write. */
  version: number;
  /** Nothing is left to tell: its task has ended. */
  done: boolean;
};

const named = (charactersMax: number) => z.record(z.string().max(64), z.string().max(charactersMax));

/** What a caller wants. */
export const newSubscription = z.strictObject({
  /** One is made when absent. */
  id: subscriptionId.optional(),
  url: z.string().min(1).max(URL_CHARACTERS_MAX),
  format: z.string(),
  events: eventTypes.nullable().optional(),
  secrets: named(SECRET_CHARACTERS_MAX).optional(),
  settings: named(SECRET_CHARACTERS_MAX).optional(),
  /** Tell what comes after this event; the last one there is when absent. Of a new task everything is told. */
  after: z.int().min(0).optional(),
  announces: z.boolean().optional(),
});
export type NewSubscription = z.input<typeof newSubscription>;

/** What a receiver is sent. */
export type Notification = { contentType: string; body: string; headers: Record<string, string> };

/** What is to be told: an event, or (null) the task as it stands. `attempt` counts from 1, `seq` is also that of an announcement. */
export type Told = {
  subscription: Subscription;
  task: Task;
  event: TaskEvent | null;
  seq: number;
  attempt: number;
  at: number;
};

/** How one API tells an event, and how long it goes on trying. */
export type PushFormat = {
  name: string;
  /** Of one event: then it is given up. */
  attemptsMax: number;
  /** In a row, of whichever events: then the subscription is disabled. */
  failuresMax: number;
  /** Null for what it has no words for. */
  notificationOf: (told: Told) => Promise<Notification | null>;
};

/** What an attempt came to. `status` is null when no answer came; `refused` when the address may not be sent to. */
export type Answer = { status: number | null; refused?: boolean; retryAfterMs: number | null; error: string | null };

export const OUTCOMES = ["delivered", "retrying", "given_up", "disabled"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** An attempt, as the delivery log has it. */
export type Delivery = {
  n: number;
  seq: number;
  /** The type of the event; null for an announcement. */
  type: string | null;
  attempt: number;
  at: number;
  ms: number;
  outcome: Outcome;
  status: number | null;
  error: string | null;
};

/** What `answer` to an attempt to tell `seq` makes of a subscription. `chance` is in 0..1. */
export function afterAttempt(
  before: Subscription,
  seq: number,
  answer: Answer,
  { attemptsMax, failuresMax }: Pick<PushFormat, "attemptsMax" | "failuresMax">,
  { now, chance }: { now: number; chance: number },
): { after: Subscription; outcome: Outcome } {
  const { status } = answer;
  const next = { ...before, version: before.version + 1, updatedAt: now };
  const told = { ...next, cursor: seq, announces: false, attempts: 0, dueAt: null };
  if (status !== null && status >= 200 && status < 300) {
    const givenUp = before.givenUp === seq ? null : before.givenUp;
    return { after: { ...told, failures: 0, givenUp }, outcome: "delivered" };
  }
  const attempts = before.attempts + 1;
  const failures = before.failures + 1;
  if (status === GONE || failures >= failuresMax) {
    const reason =
      status === GONE ? "The receiver answered 410: it is gone." : `${failures} attempts in a row have failed.`;
    return { after: { ...next, attempts: 0, failures, dueAt: null, state: "disabled", reason }, outcome: "disabled" };
  }
  const mayPass = status === null ? !answer.refused : status >= 500 || PASSING_STATUSES.has(status);
  if (!mayPass || attempts >= attemptsMax)
    return { after: { ...told, failures, givenUp: before.givenUp ?? seq }, outcome: "given_up" };
  const dueAt = now + retryDelayMs(attempts, answer.retryAfterMs, chance);
  return { after: { ...next, attempts, failures, dueAt }, outcome: "retrying" };
}

/** From 1 s on doubling to 5 min, each a quarter shorter or longer, and never shorter than the receiver asks for. */
export function retryDelayMs(attempts: number, askedMs: number | null, chance: number): number {
  const delay = Math.min(FIRST_DELAY_MS * 2 ** (attempts - 1), DELAY_MS_MAX);
  const spread = Math.round(delay * (1 - JITTER + 2 * JITTER * chance));
  return Math.max(spread, Math.min(askedMs ?? 0, ASKED_DELAY_MS_MAX));
}

/** It goes on where it stood still, with what it has not told. */
export function enabled(before: Subscription, now: number): Subscription {
  return {
    ...before,
    ...{ state: "active", reason: null, attempts: 0, failures: 0, dueAt: null, done: false },
    ...{ version: before.version + 1, updatedAt: now },
  };
}

/** It tells the log again from event `from` on. */
export function redriven(before: Subscription, from: number, now: number): Subscription {
  return { ...enabled(before, now), cursor: from - 1, announces: false, givenUp: null };
}
