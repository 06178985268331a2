/**
 * Work of people: the input of kind `human`, and everything that a person may do with an assignment. Rules are in
 * `human-acts.ts`; `docs/people.md` tells them with an example each.
 */
import { z } from "zod";
import { isWithin, jsonObject } from "../json/json.ts";
import { outcome, STAGES_MAX, stage, votesNeeded } from "./assignment.ts";
import { identity } from "./identity.ts";

export const HUMAN_KIND = "human";

const PAYLOAD_BYTES_MAX = 64 << 10;
export const COMMENT_CHARS_MAX = 10_000;
export const ATTACHMENT_NAME_BYTES_MAX = 255;
export const ATTACHMENTS_MAX = 100;
/** Of one attachment. */
export const ATTACHMENT_BYTES_MAX = 64 << 20;

/** What people may decide when the task declares nothing: the first leads on. */
export const DEFAULT_OUTCOMES = [
  { id: "approve", title: "Approve" },
  { id: "reject", title: "Reject" },
] as const;

const label = z.string().min(1).max(255);
const moment = z.iso.datetime({ offset: true });

export const humanPriority = z.int().min(1).max(5);
export const humanPayload = jsonObject.refine((value) => isWithin(value, PAYLOAD_BYTES_MAX), {
  error: `must be at most ${PAYLOAD_BYTES_MAX >> 10} KB of JSON: what is larger is an attachment`,
});

/** Letters, digits, `_` and `-`, since it stands in paths and buttons. Case does not tell two apart. */
const outcomeId = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, "must be 1 to 64 of A-Z, a-z, 0-9, '_' and '-'");
const declaredOutcome = z
  .union([outcomeId, outcome.extend({ id: outcomeId, title: label })])
  .transform((given) => (typeof given === "string" ? { id: given, title: given } : given));

/** The input of kind `human`. Without `assignees` and `stages` the task is its submitter's own. */
export const humanInput = z
  .strictObject({
    title: z.string().min(1).max(200),
    description: z.string().max(20_000).default(""),
    /** JSON Schema of the payload, as people fill it in; null takes any object. */
    form: humanPayload.nullable().default(null),
    /** What is decided on. */
    payload: humanPayload.default({}),
    /** Whoever of these acts first decides. */
    assignees: z.array(identity).max(100).default([]),
    /** One after another; in the place of `assignees`. */
    stages: z.array(stage).max(STAGES_MAX).default([]),
    /** Decisions to choose from; the first leads to the next stage, any other ends the task. */
    outcomes: z.array(declaredOutcome).min(1).max(20).optional(),
    /** Whoever looks after it; the submitter when absent. */
    owner: identity.optional(),
    /** They see it, and do nothing with it. */
    reviewers: z.array(identity).max(100).default([]),
    priority: humanPriority.default(3),
    /** Then it is overdue, and escalated. */
    due_at: moment.optional(),
    /** Then it ends as `timed_out`. */
    expires_at: moment.optional(),
    /** Whom it is escalated to; without any, the managers of its assignees. */
    escalate_to: z.array(identity).max(20).default([]),
    /** A business key of the caller's choice, by which it is found. */
    key: label.optional(),
    category: label.optional(),
    definition: label.optional(),
  })
  .refine(({ assignees, stages }) => assignees.length === 0 || stages.length === 0, {
    path: ["stages"],
    error: "must be absent where there are assignees: they are the assignees of the first stage",
  })
  .refine(({ outcomes = [] }) => new Set(outcomes.map(({ id }) => id.toLowerCase())).size === outcomes.length, {
    path: ["outcomes"],
    error: "must differ in more than case",
  });
export type HumanInput = z.output<typeof humanInput>;

/** How work goes on to others for once: to all at once, one after another, or all at once with a vote. */
export const ROUTINGS = ["simple", "sequential", "parallel"] as const;

/** One act of a person on an assignment. Times are Unix milliseconds. */
export const humanAct = z.discriminatedUnion("act", [
  /** Takes it out of a group or role. */
  z.strictObject({ act: z.literal("claim") }),
  /** Gives it back. */
  z.strictObject({ act: z.literal("release") }),
  /** Decides, by the id of an outcome in any case; of a question that wants an answer, `answer` with a payload. */
  z.strictObject({ act: z.literal("decide"), outcome: z.string().min(1).max(64), payload: humanPayload.optional() }),
  /** To one who acts in the caller's place. */
  z.strictObject({ act: z.literal("delegate"), to: z.array(identity).length(1) }),
  z.strictObject({ act: z.literal("reassign"), to: z.array(identity).min(1).max(100) }),
  /** To the given ones; without any, to whom it is escalated to by its input or by the directory. */
  z.strictObject({ act: z.literal("escalate"), to: z.array(identity).max(20).default([]) }),
  z.strictObject({ act: z.literal("suspend") }),
  z.strictObject({ act: z.literal("resume") }),
  z.strictObject({ act: z.literal("withdraw") }),
  z.strictObject({ act: z.literal("request_information"), from: z.array(identity).length(1) }),
  z.strictObject({ act: z.literal("submit_information") }),
  /** Back to the assignees before the present ones. */
  z.strictObject({ act: z.literal("push_back") }),
  /** To others first. A vote has its own number, all of them when it names none, and its own `otherwise`. */
  z.strictObject({
    act: z.literal("route"),
    to: z.array(identity).min(1).max(STAGES_MAX),
    routing: z.enum(ROUTINGS),
    votes: votesNeeded.optional(),
    otherwise: z.string().max(64).optional(),
  }),
  /** To the next stage, or to the end without a decision. */
  z.strictObject({ act: z.literal("skip") }),
  /** Keeps a payload, a priority or a comment, and nothing else. */
  z.strictObject({ act: z.literal("save"), payload: humanPayload.optional() }),
  /** Ends the task as failed. */
  z.strictObject({ act: z.literal("error") }),
  /**
   * An expired one begins anew, once, as a new task that names it in `retryOf` and which people know by the same number;
   * without a time, for as long as it had.
   */
  z.strictObject({ act: z.literal("renew"), expiresAt: z.int().positive().optional() }),
  /** Puts it away: an open one is cancelled. It stays readable. */
  z.strictObject({ act: z.literal("delete") }),
  /** Nobody can read it any more. Of one that has ended. */
  z.strictObject({ act: z.literal("purge") }),
]);
export type HumanAct = z.output<typeof humanAct>;
export type HumanActName = HumanAct["act"];

/** Whom a comment or an attachment is for: the task, or the whole process that it belongs to. Waybill keeps it as it is said. */
export const REMARK_SCOPES = ["task", "process"] as const;
export type RemarkScope = (typeof REMARK_SCOPES)[number];

export const comment = z.strictObject({
  text: z.string().trim().min(1).max(COMMENT_CHARS_MAX),
  scope: z.enum(REMARK_SCOPES).default("task"),
});
export type Comment = z.output<typeof comment> & { seq: number; by: string; at: number };

export type Attachment = {
  name: string;
  mediaType: string;
  bytes: number;
  sha256: string;
  scope: RemarkScope;
  by: string;
  at: number;
};

/** What somebody did, as the log of the task has it; `seq` is its event. */
export type HistoryEntry = {
  seq: number;
  at: number;
  by: string;
  /** What was done: an act, or what the task did by itself (`submitted`, `overdue`, `expired`, ...). */
  act: HumanActName | "submit" | "answer" | "comment" | "attach" | "detach" | "overdue" | "expire";
  /** The state of the assignment after it. */
  state: string;
  outcome: string | null;
  comment: string | null;
  /** Whom it went to by this. */
  to: z.infer<typeof identity>[];
};
