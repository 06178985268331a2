/** What a task is: the one record that every lens, both engines and every store share. */
import { z } from "zod";
import { MULTITASK_STRATEGIES } from "./agent/multitask.ts";
import { lastClaim, lease } from "./claim.ts";
import { json, jsonObject } from "./json/json.ts";
import { assignment } from "./people/assignment.ts";
import { identity } from "./people/identity.ts";
import { FAILED_STATES, INPUT_ASKS, OPEN_STATES, WAIT_REASONS } from "./states.ts";
import { time } from "./time.ts";
import { trace } from "./trace.ts";

/** Unix milliseconds. */

/** What a question to a person looks like from outside. */
export const prompt = z.strictObject({
  name: z.string(),
  asks: z.enum(INPUT_ASKS),
  text: z.string(),
  /** JSON Schema of the answer; null takes any JSON. */
  schema: jsonObject.nullable(),
  /** Who may answer; the task's own user when absent. */
  candidates: z.array(identity).min(1).max(100).optional(),
});

export type Prompt = z.infer<typeof prompt>;

/**
 * One thing that a task waits for. `key` is the journal key of the call that waits, or "" for a slot, a turn in the
 * conversation or a retry of the whole task. `until` is when it goes on or gives up by itself; null is never.
 */
export const wait = z.discriminatedUnion("on", [
  z.strictObject({
    on: z.enum(WAIT_REASONS).exclude(["child", "handler"]),
    key: z.string(),
    since: time,
    until: time.nullable(),
  }),
  z.strictObject({ on: z.literal("child"), key: z.string(), since: time, until: time.nullable(), child: z.string() }),
  /** It stands still until there is code that fits it: `code` and `message` say what is missing. */
  z.strictObject({
    on: z.literal("handler"),
    key: z.string(),
    since: time,
    until: time.nullable(),
    code: z.enum(["handler_version", "journal_mismatch"]),
    message: z.string(),
  }),
  z.strictObject({
    on: z.literal("input"),
    key: z.string(),
    since: time,
    until: time.nullable(),
    prompt,
    /** A child asks it, under this key: the answer is the child's, whichever of the two it is given to. */
    relayed: z.strictObject({ child: z.string(), key: z.string() }).optional(),
  }),
]);
export type Wait = z.infer<typeof wait>;

/** Why a task did not succeed. `code` is for programs (`deadline`, `handler_error`, `journal_mismatch`, `step_crashed`, ...). */
export const failure = z.strictObject({ code: z.string(), message: z.string(), step: z.string().optional() });
export type Failure = z.infer<typeof failure>;

/** Sums over every recorded call; `unpricedCalls` says how many had no price, `estimatedCalls` of how many our own count stands. */
export const usageTotals = z.strictObject({
  calls: z.int(),
  inputTokens: z.int(),
  outputTokens: z.int(),
  costUsd: z.number(),
  unpricedCalls: z.int(),
  estimatedCalls: z.int().optional(),
});
export type UsageTotals = z.infer<typeof usageTotals>;
export const NO_USAGE: UsageTotals = { calls: 0, inputTokens: 0, outputTokens: 0, costUsd: 0, unpricedCalls: 0 };

export const budget = z.strictObject({
  tokens: z.int().positive().optional(),
  costUsd: z.number().positive().optional(),
  onSpent: z.enum(["pause", "fail"]).default("pause"),
});
export type Budget = z.infer<typeof budget>;

/** How often the whole task is tried again after its handler failed: `attempts` counts the first try. */
export const retryPolicy = z.strictObject({
  attempts: z.int().min(1).max(100).default(1),
  backoffMs: z.int().min(1).max(86_400_000).default(1_000),
  backoffMaxMs: z.int().min(1).max(86_400_000).default(60_000),
});

/** At most `limit` tasks of one tenant with the same key run at once. */
export const concurrency = z.strictObject({
  key: z.string().min(1).max(255),
  limit: z.int().min(1).max(10_000),
  /** Counts from its first start to its end, also while it waits or asks: so tasks follow one another. */
  toEnd: z.literal(true).optional(),
});

/** What pauses a task when it is spent: a budget, or what models may cost on one day. */
export const PAUSE_CAUSES = ["budget", "days_money"] as const;
export type PauseCause = (typeof PAUSE_CAUSES)[number];

/** One act of steering: who, when and why. */
const steering = z.strictObject({ by: z.string(), at: time, reason: z.string() });

const common = {
  id: z.string(),
  /** Counts the tasks of a store, from 1 by age; none is given twice. 0 until the task is on disk. */
  number: z.int().nonnegative(),
  tenant: z.string(),
  user: z.string(),
  kind: z.string(),
  /** The version of the handler that the task began with and keeps. */
  handlerVersion: z.int(),
  /** The lens that it came in by. */
  lens: z.string(),
  /** What it was asked, cut to `TITLE_MAX` characters. */
  title: z.string(),
  input: json,
  conversation: z.string().nullable(),
  parent: z.string().nullable(),
  /** Generations above it: 0 for a task that a caller has submitted. */
  depth: z.int(),
  retryOf: z.string().nullable(),
  /** Null where neither its caller nor this server traces. */
  trace: trace.nullable().default(null),
  /** -100..100, higher first. */
  priority: z.int(),
  concurrency: concurrency.nullable(),
  /** How it stands to the open tasks of its conversation; null beside them. */
  multitaskStrategy: z.enum(MULTITASK_STRATEGIES).exclude(["concurrent"]).nullable().default(null),
  /** Which claims take it, for work that other programs do; null for work of our own handlers. */
  queue: z.string().nullable(),
  metadata: jsonObject,
  budget: budget.nullable(),
  /** What it and its descendants had spent when somebody let it go on with a spent budget: the budget counts from there. */
  budgetFrom: usageTotals.nullable().default(null),
  /** Those above it whose budgets hold for it too, the highest first. */
  boundBy: z.array(z.string()).default([]),
  /** Each of these lists must name a language model that is asked for it, see `allowed-models.ts`. */
  models: z.array(z.array(z.string())).default([]),
  /** Of the key that it was submitted with: how large a share is of its user. */
  tier: z.string().nullable().default(null),
  /** How many it has begun. */
  children: z.int().nonnegative().default(0),
  retry: retryPolicy,

  /** Counts committed changes; every write names the one it was decided on. */
  revision: z.int(),
  /** Counts runs of the handler; a write of an older one is refused. */
  attempt: z.int(),
  /** Tries of the whole task that ended in an error. */
  failures: z.int(),
  /** Crashes of the process without progress in between, see `engine/embedded/crash/crash-guard.ts`. */
  crashes: z.int(),
  /** Sequence number of the last event. */
  lastSeq: z.int(),

  createdAt: time,
  startedAt: time.nullable(),
  stateChangedAt: time,
  updatedAt: time,
  endedAt: time.nullable(),
  /** Not started before: the submit delay. */
  notBefore: time.nullable(),
  /** The end in force: the named deadline, or the limit of its kind while it runs and that is sooner. */
  deadlineAt: time.nullable(),
  /** Named by the caller, or of its parent: it counts always. */
  namedDeadlineAt: time.nullable(),
  /** The kind's own limit, which counts while it runs alone, see `time-limit.ts`. */
  timeLimitMs: z.int().positive().nullable(),
  /** When that is over, while it runs. */
  limitAt: time.nullable(),
  /** How much is left of it, while it does not. Null before the first start. */
  limitLeftMs: z.int().nonnegative().nullable(),
  deletedAt: time.nullable(),

  /** 0..1, never falls. */
  progress: z.number(),
  progressMessage: z.string(),
  details: jsonObject,
  usage: usageTotals,
  waits: z.array(wait),
  lease: lease.nullable(),
  /** Who claimed it last; null when nobody ever did. */
  lastClaim: lastClaim.nullable(),
  /** Leases of it that have run out. */
  leasesLost: z.int(),
  /** Where in the code its last error was thrown; for who looks after the server. */
  stack: z.string().nullable().default(null),
  /**
   * `running` are the steps that went on when it came, until they ended; `until` is when it goes on by itself; `cause` is what
   * was spent, where that has paused it.
   */
  pausedBy: steering
    .extend({
      running: z.array(z.string()).optional(),
      until: time.optional(),
      cause: z.enum(PAUSE_CAUSES).optional(),
    })
    .nullable(),
  cancelledBy: steering.nullable(),
  /** What people have to do with it; null where they never had anything to do. */
  assignment: assignment.nullable().default(null),
};

export const TITLE_MAX = 200;

/** What a state lacks, its type lacks. */
export const task = z.discriminatedUnion("state", [
  z.strictObject({ ...common, state: z.enum(["queued", "running", "input_required", "waiting", "cancelled"]) }),
  z.strictObject({ ...common, state: z.literal("paused"), resumesAs: z.enum(OPEN_STATES).exclude(["paused"]) }),
  z.strictObject({ ...common, state: z.literal("completed"), output: json }),
  z.strictObject({ ...common, state: z.enum(FAILED_STATES), error: failure }),
]);
export type Task = z.infer<typeof task>;

/** The next moment at which time alone changes the task, except its deadline; null when there is none. */
export function dueAt(
  task: Pick<Task, "state" | "notBefore" | "waits" | "lease" | "assignment" | "pausedBy">,
): number | null {
  switch (task.state) {
    case "queued":
      return task.notBefore;
    case "running":
      // It waits for nothing but answers to what it asks meanwhile.
      return task.lease?.until ?? earliestEnd(task.waits);
    case "waiting":
      return earliestEnd(task.waits);
    case "input_required":
      return earliest([earliestEnd(task.waits), ...datesOf(task.assignment)]);
    case "paused":
      return task.pausedBy?.until ?? null;
    case "completed":
    case "failed":
    case "cancelled":
    case "timed_out":
    case "rejected":
      return null;
  }
}

function earliestEnd(waits: readonly Wait[]): number | null {
  return earliest(waits.map(({ until }) => until));
}

/** When something follows from time alone for people who have not acted yet. */
function datesOf(assignment: Task["assignment"]): (number | null)[] {
  return assignment === null ? [] : [assignment.overdue ? null : assignment.dueAt, assignment.expiresAt];
}

function earliest(moments: readonly (number | null)[]): number | null {
  let first: number | null = null;
  for (const moment of moments) if (moment !== null && (first === null || moment < first)) first = moment;
  return first;
}

/**
 * Tries of the whole task: the first, and one more for each that failed. Runs that go on after a wait, a pause or a crash
 * are none; for work that other programs do each claim is one, since its number fences.
 */
export function triesOf({
  attempt,
  failures,
  state,
  queue,
}: Pick<Task, "attempt" | "failures" | "state" | "queue">): number {
  if (queue !== null) return attempt;
  const underWay = state === "failed" && failures > 0 ? 0 : 1;
  return Math.min(attempt, failures + underWay);
}
