/** Everything that may be done to a task, by its run, its engine, or people: what `decide` is asked to decide. */
import type { HandIn, Lease } from "./claim.ts";
import type { EventDraft, KnownDraft } from "./events/event.ts";
import type { Json, JsonObject } from "./json/json.ts";
import type { Acting } from "./people/human-acts.ts";
import type { Identity } from "./people/identity.ts";
import type { OpenQuestion } from "./people/questions.ts";
import type { InputAsk } from "./states.ts";
import type { Budget, Failure, PauseCause, UsageTotals, Wait } from "./task.ts";
import type { UsageCall } from "./usage.ts";

/** `leaptMs`: the time of day was set forward by so much while the task ran, which counts for no limit of its kind. */
export type Command = Doing & { leaptMs?: number };

type Doing =
  /**
   * A slot is free. `lease` is for work that another program claimed; `version` that of the handler, for a task that has
   * not begun and whose own is gone.
   */
  | { do: "start"; lease?: Lease; version?: number }
  /** The process that ran it died: it begins again. */
  | { do: "recover" }
  /** What the crash guard makes of the death of a process that ran it. */
  | { do: "blame"; crashes: number }
  /**
   * The run has stopped at waits and holds nothing any more. While paused it only says where it stands. `told` are the
   * keys of questions that the task has shown before: one that it shows no longer was answered meanwhile.
   */
  | { do: "suspend"; attempt: number; waits: Wait[]; checkpoint: string; told?: readonly string[] }
  /** A wait is over. */
  | { do: "wake"; key: string }
  /** What a running attempt records: its events, and what they add up to. */
  | { do: "record"; attempt: number; record: Recorded }
  /** Usage that arrives late, from an attempt that is fenced off: it was paid all the same. */
  | { do: "bill"; calls: UsageCall[] }
  /** Somebody lets its tree, which has spent this much, go on with a spent budget. */
  | { do: "grant"; spent: UsageTotals }
  /** Its budget is another one from now on; what was spent counts for it as before. */
  | { do: "set_budget"; by: string; budget: Budget; reason: string }
  | { do: "renew"; attempt: number; worker: string; until: number }
  /** The lease that held until then has run out, or the key that it was given to has ended: the task is anybody's again, or fails. */
  | { do: "lapse"; attempt: number; until: number; keyEnded?: true }
  /** `by` is the worker that has done it, which may hand it in late. */
  | { do: "complete"; attempt: number; output: Json; by?: HandIn }
  /** `atRest`: its code has thrown after the attempt had come to rest, and no later one has begun. */
  | {
      do: "fail";
      attempt: number;
      error: Failure;
      retryAt: number | null;
      stack?: string | null;
      by?: HandIn;
      atRest?: true;
    }
  | { do: "reject"; attempt: number; error: Failure }
  | { do: "expire" }
  | { do: "cancel"; by: string; reason: string }
  /**
   * `running` are the steps in flight. `now` stops them too: they are done again after the resume. `until` is when it goes
   * on by itself, unless somebody resumes it before.
   */
  | {
      do: "pause";
      by: string;
      reason: string;
      now?: boolean;
      running?: readonly string[];
      until?: number | undefined;
      cause?: PauseCause | undefined;
    }
  | { do: "resume"; by: string; reason?: string }
  /** A task of kind `human` begins: its question is open from now on. */
  | { do: "ask" }
  /** What a person does with an assignment. */
  | ({ do: "act" } & Acting)
  /** The due date has passed: it is escalated to these, if there are any. */
  | { do: "overdue"; to: Identity[] }
  /** People have ended it: with an output, or as failed. */
  | { do: "conclude"; ending: { output: Json } | { error: Failure } }
  /** What a person adds to the task beside what becomes of it. */
  | { do: "remark"; event: KnownDraft<"human.commented" | "human.attached" | "human.detached"> }
  /**
   * An answer or a message from outside; `prompt` names the question that it answers. It answers no question that asks what
   * `except` says.
   */
  | { do: "input"; by: string; messageId: string; prompt: string | null; except?: InputAsk | undefined }
  /**
   * A child asks people these questions, and no others: so does the task, which waits for the child. `answered` is what was
   * answered to the child by way of this task.
   */
  | { do: "relay"; child: string; questions: readonly OpenQuestion[]; answered?: Answered }
  | { do: "delete" };

/** Who has answered a question, and under which name the task has asked it. */
type Answered = { by: string; messageId: string; prompt: string };

export type Recorded = {
  events: EventDraft[];
  progress?: { fraction: number; message: string };
  details?: JsonObject;
  usage?: UsageCall[];
  /** A child was begun. */
  begot?: true;
  /** Questions that are open from now on, and the keys of those that are not any more. */
  asked?: OpenQuestion[];
  closed?: string[];
  /** A step was journaled, so the run has come further than any crash before. */
  progressed?: boolean;
};
