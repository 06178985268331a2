/**
 * The verbs of people: do one's own work, and take part in the work of others. A task of any kind that asks a person is one item of
 * work: its `assignment` says who is to act. Each verb may be used on tasks of all kinds; a verb without a meaning for a kind is
 * `not_allowed_in_state`.
 */
import type { Readable } from "node:stream";
import type { DirectoryEntry, IdentityQuery } from "../task/people/directory.ts";
import type { Attachment, Comment, HistoryEntry, HumanAct, HumanActName, RemarkScope } from "../task/people/human.ts";
import type { Identity } from "../task/people/identity.ts";
import type { WORK_ORDERS, WorkConditions, WorkState } from "../task/people/work-states.ts";
import type { Principal } from "../task/principal.ts";
import type { Idempotency } from "../task/submission.ts";
import type { Task } from "../task/task.ts";
import type { Acknowledged } from "./tasks.ts";

export { WORK_ORDERS } from "../task/people/work-states.ts";

/** Options of every act, committed with it. */
export type ActOptions = {
  comment?: { text: string; scope?: RemarkScope };
  /** A new priority, 1 (highest) to 5. */
  priority?: number;
  /** The act is refused as `conflict` unless the task is still at this revision. */
  revision?: number;
  idempotency?: Idempotency;
};

/** An act that a principal may do now. `outcome` is its decision, null for every other act. */
export type AllowedAct = { act: HumanActName; outcome: string | null; title: string };

/** Whose work a worklist shows. All but `all` within what the principal may see. */
export const WORK_OF = [
  "mine", // assigned to the principal alone, or claimed
  "groups", // assigned to a group or role of the principal
  "claimable", // the same, assigned and claimed by nobody
  "mine_and_groups", // mine and my groups', without what another member has claimed
  "mine_and_groups_all", // both, with it
  "reports", // assigned to people who report to the principal, by the directory
  "owned", // the principal, or a group or role of the principal, is the owner
  "reviewed", // the principal is a reviewer
  "previous", // the principal acted on it before
  "created", // the principal submitted it
  "all", // everything of the tenant; without the scope `tasks:all`, everything that the principal may see
] as const;
export type WorkOf = (typeof WORK_OF)[number];

export type WorklistQuery = WorkConditions & {
  of: WorkOf;
  /** Absent: of every state. */
  states?: readonly WorkState[];
  createdBy?: string;
  /** Absent: the newest first. Ties: the newest first. What has no due date comes last. */
  order?: readonly { by: (typeof WORK_ORDERS)[number]; descending: boolean }[];
};

export interface HumanTasks {
  /**
   * Does one act on a task, with the comment and the priority that come along: all of it or nothing. Two acts at the
   * same moment are one and a refusal: the second finds the task as the first has left it. `purge` answers with the task
   * as it was, `renew` with the one as which it goes on. An answer to a question of a running agent goes to the agent.
   *
   * Throws `not_found`; `forbidden` when the principal may see the task and not do this; `not_allowed_in_state` when
   * nobody may do it as the task stands, as when another has claimed it; `conflict` when the task was decided, claimed
   * or otherwise changed by another in this moment, when `revision` is no longer true, or as `Tasks.cancel` does;
   * `invalid` for an outcome that there is not (field `outcome`), a payload that does not fit the form (`payload`), or an
   * escalation that leads to nobody (`to`).
   */
  act(principal: Principal, id: string, act: HumanAct, options?: ActOptions): Promise<Acknowledged>;
  /** The acts that `act` would not refuse as `forbidden` or `not_allowed_in_state` on the task as it is. */
  allowed(principal: Principal, task: Task): AllowedAct[];

  /**
   * Those that the principal may see, at most `limit` (`PAGE_LIMIT_MAX`), with the exact total of all pages. Throws
   * `unavailable` when it takes too long.
   */
  worklist(
    principal: Principal,
    query: WorklistQuery,
    page: { limit: number; offset: number },
  ): Promise<{ tasks: Task[]; total: number }>;
  /** How many of the principal's worklist there are, and how many are overdue. */
  counts(
    principal: Principal,
    query: Pick<WorklistQuery, "of">,
  ): Promise<{ byState: Partial<Record<WorkState, number>>; byPriority: Record<string, number>; overdue: number }>;

  /** Adds a comment. Throws `not_found`, `not_allowed_in_state` when the task has ended, `conflict` for another `revision`. */
  comment(
    principal: Principal,
    id: string,
    comment: { text: string; scope?: RemarkScope },
    options?: Pick<ActOptions, "revision">,
  ): Promise<Comment>;
  /** Oldest first, from the first or after `cursor` (from `next`). Throws `not_found`, `invalid` for a bad cursor. */
  comments(principal: Principal, id: string, cursor?: string): Promise<{ comments: Comment[]; next: string | null }>;

  /**
   * Adds a file that came with the request and is held (`Uploads.receive`). A name is one segment of a path: neither
   * `/`, `\`, control characters, `.` nor `..`, at most 255 bytes. Throws `not_found`, `not_allowed_in_state` when the
   * task has ended, `conflict` when it has an attachment of this name or is at another `revision`, `invalid` for a name
   * that is none (field `name`), `too_large` for the 101st.
   */
  attach(
    principal: Principal,
    id: string,
    attachment: { name: string; mediaType: string; scope?: RemarkScope },
    upload: { sha256: string; bytes: number },
    options?: Pick<ActOptions, "revision">,
  ): Promise<Attachment>;
  /** Oldest first; there are at most `ATTACHMENTS_MAX`. Throws `not_found`. */
  attachments(principal: Principal, id: string): Promise<Attachment[]>;
  /** Throws `not_found`. Whoever opens it reads `content` to its end or destroys it. */
  openAttachment(
    principal: Principal,
    id: string,
    name: string,
  ): Promise<{ attachment: Attachment; content: Readable }>;
  /**
   * By whoever added it, the owner, or with the scope `tasks:all`; others are `forbidden`. Throws `not_found`,
   * `not_allowed_in_state` when the task has ended, `conflict` for another `revision`.
   */
  detach(principal: Principal, id: string, name: string, options?: Pick<ActOptions, "revision">): Promise<void>;

  /**
   * What people did with the task, oldest first, from the first or after `cursor` (from `next`). Throws `not_found`,
   * `invalid` for a bad cursor.
   */
  history(principal: Principal, id: string, cursor?: string): Promise<{ entries: HistoryEntry[]; next: string | null }>;

  /** Those of the directory that fit, by id, at most `PAGE_LIMIT_MAX`, with the number of all. */
  identities(
    principal: Principal,
    query: IdentityQuery,
    page: { limit: number; offset: number },
  ): Promise<{ identities: DirectoryEntry[]; total: number }>;
  /** Throws `not_found`. Whoever calls is always known. */
  identity(principal: Principal, identity: Identity): Promise<DirectoryEntry>;
  /** A user's name in the directory; the id of an unknown user. */
  nameOf(principal: Principal, user: string): string;
}
