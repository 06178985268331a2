/**
 * A subscription: an address that is told of the events of a task. It is a cursor into the task's log and never a copy of
 * it. Events are told one after the other, each at least once; what an attempt leads to is decided here alone.
 *
 * One of no task stands for all tasks that are submitted from then on and fit it: each gets a cursor of its own with its
 * first commit (`standing` names what it was made of). Whereto, in which words and whether at all is the standing one's alone.
 */
import { z } from "zod";
import type { TaskEvent } from "./events/event.ts";
import type { TaskId } from "./id.ts";
import type { Task } from "./task.ts";
import { time } from "./time.ts";

/** Of one task and one owner. */
export const SUBSCRIPTIONS_OF_TASK_MAX = 10;
export const URL_CHARACTERS_MAX = 2_048;
const SECRET_CHARACTERS_MAX = 4_096;
/** Types of events that one may name. */
const EVENT_TYPES_MAX = 50;

/** Kinds, agents and pairs of metadata that one may name. */
const FILTER_VALUES_MAX = 50;

const subscriptionId = z.string().regex(/^[A-Za-z0-9._:@-]{1,128}$/, "must be 1 to 128 letters, digits and . _ : @ -");
export const eventTypes = z.array(z.string().min(1).max(64)).min(1).max(EVENT_TYPES_MAX);

const filterValues = z.array(z.string().min(1).max(512)).min(1).max(FILTER_VALUES_MAX);

/** Which tasks one of no task is of: all that fit everything that is named here. */
export const taskChoice = z.strictObject({
  kinds: filterValues.optional(),
  /** Names of agents, as the input of their tasks has them. */
  agents: filterValues.optional(),
  /** Values of keys of a task's metadata, as text. */
  metadata: z.record(z.string().min(1).max(128), z.string().max(512)).optional(),
  /** Tasks of all users of the tenant, and not of its owner alone. */
  everybody: z.boolean().optional(),
  /** Tasks that other tasks have begun, too. */
  children: z.boolean().optional(),
});
export type TaskChoice = z.output<typeof taskChoice>;

/** What of a new task a choice looks at. */
export type Choosable = {
  user: string;
  kind: string;
  agent: string | null;
  isChild: boolean;
  metadata: readonly (readonly [key: string, value: string])[];
};

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
  /** Of one of no task. */
  chooses: taskChoice.nullable().default(null),
  /** The last event that was told, passed over or given up. */
  cursor: z.int(),
  /** The task as it stands is told first. */
  announces: z.boolean(),
  state: z.enum(["active", "disabled"]),
  /** Why it is disabled, as a sentence. */
  reason: z.string().nullable(),
  /** Of what is told next: attempts so far, and when the next one is due. */
  attempts: z.int(),
  dueAt: time.nullable(),
  /** Attempts in a row, of whichever events, that failed. */
  failures: z.int(),
  /** Why the last of them did; null when it did not. */
  error: z.string().nullable().default(null),
  /** The first event that was given up and not told since. */
  givenUp: z.int().nullable(),
  createdAt: time,
  updatedAt: time,
});

export type SubscriptionRecord = z.output<typeof subscriptionRecord>;

export type Subscription = SubscriptionRecord & {
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
  /** Of one of no task. */
  chooses: taskChoice.optional(),
});
export type NewSubscription = z.input<typeof newSubscription>;

/** What a receiver is sent. */
export type Notification = { contentType: string; body: string | LongBody; headers: Record<string, string> };

/** A body that is made as it is sent. */
export type LongBody = { bytes: number; pieces: () => AsyncIterable<string> };

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
  /** Says that nothing has happened, so that a receiver can be tried. */
  trialOf?: (subscription: Subscription, at: number) => Promise<Notification>;
};

/** What an attempt came to. `status` is null when no answer came; `refused` when the address may not be sent to. */
export type Answer = { status: number | null; refused?: boolean; retryAfterMs: number | null; error: string | null };

export const OUTCOMES = ["delivered", "retrying", "given_up", "disabled"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** An attempt, as the delivery log has it. */
export type Delivery = {
  n: number;
  task: TaskId | null;
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

/** What came of trying a receiver. */
export type Trial = { status: number | null; error: string | null; ms: number };

/** What came of an attempt for one task, to the one that stands for all of them. */
export type Attempted = {
  outcome: Outcome;
  status: number | null;
  error: string | null;
  failuresMax: number;
  at: number;
  askedMs: number | null;
};
