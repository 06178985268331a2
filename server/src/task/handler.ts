/**
 * What the code of a kind is written against. Each engine implements `Context`; a handler is one async function that
 * both run.
 *
 * Every call on the context takes effect once: it is journaled under its branch, name and occurrence, and on a later
 * attempt its recorded result is returned. So a handler must reach the same calls in the same order when it is given
 * the same results: no clock, random or I/O outside of `step`.
 */
import type { z } from "zod";
import { type Accepted, acceptedInput } from "./accepted-input.ts";
import type { AgentMessage } from "./agent/agent-message.ts";
import type { MultitaskStrategy } from "./agent/multitask.ts";
import type { artifactUpdate } from "./artifact.ts";
import type { HeardMessage } from "./conversation.ts";
import type { Emission } from "./events/event.ts";
import type { Json, JsonObject } from "./json/json.ts";
import type { Part } from "./part.ts";
import type { Identity } from "./people/identity.ts";
import type { InputAsk } from "./states.ts";
import type { Budget, budget, Failure, PauseCause, Task, UsageTotals } from "./task.ts";
import type { Log } from "./text/log-line.ts";
import type { UsageCall } from "./usage.ts";

/** What a running piece of work may say. Inside a step it commits with the step's result. */
export interface Effects {
  /** Data of one of the agent's events must fit it; a type of one's own begins with a word that no event of ours has. */
  emit<Type extends string>(event: Emission<Type>): void;
  /** An output with a name: new, replaced, or more of one that grows. */
  artifact(update: z.input<typeof artifactUpdate>): void;
  /** Merged into the task's details, key by key. */
  details(patch: JsonObject): void;
  /** 0..1; coalesced, never falls; shown at once. */
  progress(fraction: number, message?: string): void;
  /** For whoever looks after the kind: in the server's log at once, with the task's id, and an event of the task. Once, also on replay. */
  readonly log: Log;
  /** Always accepted and counted once by its key, even from an attempt that was cancelled meanwhile. */
  usage(call: UsageCall): void;
}

/** What the body of a step is given. */
export interface StepContext extends Effects {
  /** Stable over retries and crashes: hand it to outside services as their idempotency key. */
  readonly key: string;
  /** The try of this step, from 1. */
  readonly tries: number;
  /** Fires at cancel, deadline, the step's timeout and shutdown. Not at pause: a step in flight ends first. */
  readonly signal: AbortSignal;
  /**
   * The budgets that hold for this task at this moment, its own and those of the tasks above it, with what each tree has
   * spent: for whoever is about to spend more. Empty where nobody has set one. With `since`, once calls under way in these
   * trees are others than they were then.
   */
  budgets(since?: readonly Bound[]): Promise<Bound[]>;
  /**
   * Takes from each of these budgets what this step may spend at most, until what it has spent is on disk. False when they
   * are not as they were `seen` any more: look at them again.
   */
  reserve(amount: Reservation, seen: readonly Bound[]): Promise<boolean>;
  /** Lets the budgets of these tasks begin again, each from what its tree has spent by now: somebody has let it go on. */
  grant(tasks: readonly string[]): Promise<void>;
  /**
   * Writes down a call that is about to be paid for, as far as it is known: where the process dies before `usage` has told what
   * it came to, under the same key, this counts, and with it the live text at `usdPerToken`, which is of the last call that
   * `speaks`. Several may be under way.
   */
  paying(call: UsageCall, usdPerToken?: number, speaks?: boolean): Promise<void>;
  /** An error that the body makes something of: in the server's log at once, with where it was thrown, and nowhere else. */
  report(error: unknown): void;
  /** Live text: coalesced, logged, then sent, while the step still runs. */
  output(text: string, agent?: string): void;
  /** Takes the live text of this step back: it was no part of what is to be told. Whoever watches is told so. */
  retract(): void;
}

/** What may be spent at most. */
export type Reservation = { tokens: number; costUsd: number };

/** The money of a day (UTC) that models may cost a user, or a whole tenant: whoever goes on waits for `endsAt`. */
export type DaysMoney = { whose: "user" | "tenant"; endsAt: number };

/**
 * A budget that holds for a task and all below it. With `day` it is that of a day, and `task` names whose. `spent` is what
 * that tree has spent, each call counted once; `from` what it had when the budget began to count; `reserved` what its calls
 * under way may spend besides, as of `version`.
 */
export type Bound = {
  task: string;
  budget: Budget;
  from: UsageTotals;
  spent: UsageTotals;
  reserved: Reservation;
  version: number;
  day?: DaysMoney;
};

export type ChildOptions = {
  /** Holds for the child and all below it, beside the budgets above it. */
  budget?: z.input<typeof budget>;
  /** From when it is submitted; the task's own deadline holds for it besides. */
  deadlineMs?: number;
};

export type StepOptions = {
  /** Tries after the first one, for errors whose `retryable` is not false. Default 3. */
  retries?: number;
  /**
   * Delay before the first retry, doubled each time, with jitter. Default 1 s, at most `backoffMaxMs`, 60 s. An error's
   * `retryAfterMs` is a lower bound.
   */
  backoffMs?: number;
  backoffMaxMs?: number;
  /** Default 10 minutes. */
  timeoutMs?: number;
};

export type Question = {
  asks: InputAsk;
  prompt: string;
  /** JSON Schema of the answer: one that does not fit is refused at the door. */
  schema?: JsonObject;
  /** Who may answer; the task's own user when absent. */
  candidates?: Identity[];
  deadlineMs?: number;
};

/** `value` is what its question wants; `message` is all of it, where it came as a message: also its files. */
export type Answer = { value: Json; by: string; at: number; message?: AgentMessage | undefined };

export interface Context extends Effects {
  readonly task: Pick<
    Task,
    | "id"
    | "tenant"
    | "user"
    | "kind"
    | "lens"
    | "conversation"
    | "metadata"
    | "budget"
    | "models"
    | "tier"
    | "handlerVersion"
    | "createdAt"
    | "trace"
  >;
  /** What the calls recorded so far add up to. Changes only at journaled calls. */
  readonly spent: Task["usage"];
  readonly signal: AbortSignal;
  /**
   * Runs `body` until it has a result that is journaled, then returns that result for ever. At least once until then.
   * Rejects with `StepError`.
   */
  step<Result extends Json>(
    name: string,
    body: (step: StepContext) => Promise<Result>,
    options?: StepOptions,
  ): Promise<Result>;
  /** The only way to do several things at once. Rejects with the first rejection in key order, after all have settled. */
  parallel<Results extends Record<string, unknown>>(
    branches: { [Key in keyof Results]: (ctx: Context) => Promise<Results[Key]> },
  ): Promise<Results>;
  /** Over restarts, without holding memory. */
  sleep(name: string, ms: number): Promise<void>;
  /** Resolves with the first answer; null when the deadline passed without one. */
  waitForInput(name: string, question: Question): Promise<Answer | null>;
  /** Submits a task of the same owner and waits for its end. Rejects with `StepError` unless it completed. */
  child(name: string, kind: string, input: Json, options?: ChildOptions): Promise<Json>;
  /** The conversation's last messages before this task's own, oldest first, as they are at the first call. */
  history(limit: number): Promise<HeardMessage[]>;
  /**
   * Pauses the task at this point until somebody resumes it, or this moment (epoch ms) has come; `reason` says why, `cause`
   * what is spent.
   */
  pause(name: string, reason: string, until?: number, cause?: PauseCause): Promise<void>;
  /** Epoch ms; on a replay what it was at the first call. */
  now(): Promise<number>;
  /** 0 <= n < 1. */
  random(): Promise<number>;
}

/** How a journaled failure reaches the handler, at once or on a later attempt. */
export class StepError extends Error {
  override readonly name = "StepError";
  readonly failure: Failure;

  /** The stack of what the step's body threw, in the attempt that it did. */
  readonly bodyStack: string | null;

  constructor(failure: Failure, bodyStack: string | null = null) {
    super(failure.message);
    this.bodyStack = bodyStack;
    this.failure = failure;
  }
}

/**
 * This process lacks what the task goes on with, such as its agent. The task stands still, whatever its code makes of the
 * error, and is tried again at the next start.
 */
export class MissingCode extends Error {
  readonly code: "handler_version" | "journal_mismatch" = "handler_version";
}

/** Ends the task as failed with a code of the handler's own; `rejected` refuses the work itself. Never retried. */
export class TaskFailure extends Error {
  override readonly name = "TaskFailure";
  readonly failure: Failure;
  readonly rejected: boolean;

  constructor(code: string, message: string, options: { rejected?: boolean } = {}) {
    super(message);
    this.failure = { code, message };
    this.rejected = options.rejected ?? false;
  }
}

/** What the outside sees of a task of this kind. */
export type Presentation = {
  /** What it was asked, in a line. */
  title: string;
  /** What the submit adds to the conversation as its user's turn. */
  message?: Part[];
};

export type Handler<Input = Json> = {
  kind: string;
  /** Raised when the order of context calls changes: a task keeps the version that it began with. */
  version: number;
  /** Checks and completes the input at the door. It may transform: what `run` is given is the same on every attempt. */
  input: z.ZodType<Input>;
  /** What is kept of an input at the door, or what is wrong with it. */
  accept: (given: Json) => Accepted;
  present: (input: Input) => Presentation;
  /**
   * Adds to an input, once and before its task is made, what it names elsewhere and must stay as it is at that moment.
   * The schema has not seen the input yet. Throws `invalid`, naming the field. A retry takes the input as it was bound.
   */
  bind?: (given: Json, owner: Pick<Task, "tenant" | "user">) => Promise<Json>;
  /** Other programs do the work: the queue in which a task with this input is claimed. Its `run` is never called. */
  queueOf?: (input: Input) => string;
  /** What a completion adds to the conversation as the agent's turn. */
  reply?: (output: Json) => Part[];
  /** Time limit of the whole task, from its first start, when the submit names no deadline. */
  timeLimitMs?: (input: Input) => number | null;
  /** The language model that a task with this input asks; null when its own code decides. */
  modelOf?: (input: Input) => string | null;
  /** How a task stands to the open ones of its conversation, when the submit does not say; beside them when absent. */
  multitaskStrategy?: (input: Input) => MultitaskStrategy | null;
  run: (ctx: Context, input: Input) => Promise<Json>;
  /**
   * Its code needs what only the server has, its store above all: as a suspect of a crash it takes its turn in the server,
   * where others get a process of their own.
   */
  inServer?: true;
  /** A durable, retried job after any unsuccessful end. */
  cleanup?: (ctx: StepContext, task: Task) => Promise<void>;
};

/** Kinds of an engine itself begin with this. Their tasks act on others, so nobody submits, retries or declares one. */
const ENGINES_OWN = "waybill.";

/** Whether the kind is an engine's own. */
export function isEnginesOwn(kind: string): boolean {
  return kind.startsWith(ENGINES_OWN);
}

/**
 * A kind and its code. `present` may be left out: the kind's name is then the title.
 * The input's type is lost behind its schema on purpose: the engine holds handlers of any input in one map. Its functions
 * take an input as `acceptedInput` keeps it.
 */
export function defineHandler<Input>(
  definition: Omit<Handler<Input>, "version" | "accept" | "present"> &
    Partial<Pick<Handler<Input>, "version" | "present">> & {
      /** What a new task names is there as well. Of one that was let in only `input` is read. */
      door?: z.ZodType<Input>;
    },
): Handler {
  const { input, door = input, run, present, timeLimitMs, queueOf, multitaskStrategy, modelOf, ...rest } = definition;
  const { version = 1 } = rest;
  if (!Number.isSafeInteger(version)) throw new Error(`The version of kind "${definition.kind}" is no whole number.`);
  // A submit asks several of these of one value, one after the other: what was accepted last is not read again.
  let last: { kept: Json; read: Input } | undefined;
  const parse = (value: Json): Input => (last?.kept === value ? last.read : input.parse(value));
  return {
    ...rest,
    version,
    input: door as z.ZodType<unknown> as z.ZodType<Json>,
    accept: (given) => {
      const accepted = acceptedInput(door, given);
      if (accepted.ok) last = { kept: accepted.input, read: accepted.value };
      else if (door !== input && acceptedInput(input, given).ok) return { ...accepted, missing: true };
      return accepted;
    },
    present: present ? (value) => present(parse(value)) : () => ({ title: definition.kind }),
    run: (ctx, value) => run(ctx, input.parse(value)),
    ...(queueOf && { queueOf: (value: Json) => queueOf(parse(value)) }),
    ...(modelOf && { modelOf: (value: Json) => modelOf(parse(value)) }),
    ...(timeLimitMs && { timeLimitMs: (value: Json) => timeLimitMs(parse(value)) }),
    ...(multitaskStrategy && { multitaskStrategy: (value: Json) => multitaskStrategy(parse(value)) }),
  };
}
