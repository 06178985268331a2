/**
 * The assignment of a task: what people have to do with it, and how far they are. A task of kind `human` has one from its
 * submit on; a task of any other kind has one from its first question on. It is a part of the task's record, so every act
 * on it is decided, guarded and logged like every other change.
 */
import { z } from "zod";
import { jsonObject } from "../json/json.ts";
import { time } from "../time.ts";
import { identity } from "./identity.ts";

/** Unix milliseconds. */

/**
 * `voting`: some of a stage with several approvers have said theirs. `information`: somebody was asked for information
 * first. `closed`: nothing is left to do for people, as the task has ended or its question is answered. `deleted`: put
 * away by a person, and still readable. A paused task keeps the state that it goes on with.
 */
export const ASSIGNMENT_STATES = ["assigned", "voting", "information", "closed", "deleted"] as const;

/** How many of a stage must say the same: the first to speak, all of its assignees, or so many. */
export const votesNeeded = z.union([z.enum(["any", "all"]), z.int().min(1).max(100)]);

/**
 * A stage: who is asked together. The first declared outcome leads to the next stage, any other ends the task.
 * `otherwise` is the outcome of a vote that can no longer reach the first; null is the most frequent of the others.
 */
export const stage = z.strictObject({
  assignees: z.array(identity).min(1).max(100),
  votes: votesNeeded.default("any"),
  otherwise: z.string().nullable().default(null),
});
export type Stage = z.infer<typeof stage>;

/** A decision that people may take; `id` as it was declared. */
export const outcome = z.strictObject({ id: z.string(), title: z.string() });
export type Outcome = z.infer<typeof outcome>;

/** `as` is the assignee for which it counts: the voter, or a group or role of the voter. */
const vote = z.strictObject({ by: z.string(), as: identity, outcome: z.string(), at: time });

export const assignment = z.strictObject({
  state: z.enum(ASSIGNMENT_STATES),
  /** The key of the open question that it is about. Null before there was one. */
  question: z.string().nullable(),
  /** Who may act now. */
  assignees: z.array(identity),
  /** Who took it out of a group or role, so that the others leave it alone. */
  claimedBy: z.string().nullable(),
  /** Who gave it to the present assignees: whoever submitted, delegated, reassigned or asked. */
  from: z.string(),
  /** Since when the present assignees have it. */
  assignedAt: time,
  owner: identity,
  reviewers: z.array(identity),
  /** 1 is the highest, 5 the lowest. */
  priority: z.int().min(1).max(5),
  /** When it should be done: then it is overdue, and escalated. Null: at no time. */
  dueAt: time.nullable(),
  /** When it ends as `timed_out`. Null: never. */
  expiresAt: time.nullable(),
  /** Whom it is escalated to; none: the managers of its assignees. */
  escalateTo: z.array(identity),
  /** How often it was escalated. */
  escalations: z.int(),
  /** The due date has passed, and what follows from that was done. */
  overdue: z.boolean(),
  outcomes: z.array(outcome),
  /** The decision that closed it, or that of the stage before. */
  outcome: z.string().nullable(),
  /** Who took it. */
  decidedBy: z.string().nullable(),
  /** The present stage, from 0, of those that there are. What was inserted by people is among them. */
  stage: z.int(),
  stages: z.array(stage),
  votes: z.array(vote),
  /** Who asked for information, and whom it goes back to. Null: nobody asked. */
  asked: z.strictObject({ by: z.string(), assignees: z.array(identity), claimedBy: z.string().nullable() }).nullable(),
  /** The assignees before the present ones, oldest first: where it is pushed back to. */
  trail: z.array(z.array(identity)),
  /** Users who acted on it. They may see it from then on. */
  actors: z.array(z.string()),
  /** What is decided on, as people have changed it since. */
  payload: jsonObject,
  /** A business key of the caller's choice. */
  key: z.string().nullable(),
  category: z.string().nullable(),
  /** Of which kind of process it is, by a name of the caller's choice. */
  definition: z.string().nullable(),
  /** The number that people know it by, where it goes on with one that has expired: the first one's. Null: its own. */
  number: z.int().nullable().default(null),
  /** The id of that first one. Null: it is the first itself. */
  first: z.string().nullable().default(null),
  /** It has expired and goes on as this task. Null: nobody has renewed it. */
  renewed: z.strictObject({ as: z.string(), by: z.string(), at: time }).nullable().default(null),
});
export type Assignment = z.infer<typeof assignment>;

/** Bounds of what an assignment remembers: beyond them the oldest goes. */
export const TRAIL_MAX = 50;
export const ACTORS_MAX = 500;
/** Stages of one task, those that people have inserted among them. */
export const STAGES_MAX = 100;
