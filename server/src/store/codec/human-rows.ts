/** The rows of people's work: what is searched for in columns, and who takes part. */
import { z } from "zod";
import { type Attachment, REMARK_SCOPES } from "../../task/people/human.ts";
import type { Identity } from "../../task/people/identity.ts";
import { workStateOf } from "../../task/people/work-item.ts";
import { WORK_STATES, type WorkState } from "../../task/people/work-states.ts";
import type { Task } from "../../task/task.ts";
import type { TaskPart, WorkCount } from "../human-store.ts";
import type { Write } from "../write.ts";
import { time } from "./cells.ts";

export type PreparedHuman = {
  assignment: PreparedAssignment | null;
  attached: (readonly (string | number)[])[];
  detached: string;
};

export type PreparedAssignment = {
  /** The columns of `assignments` behind the task's number. */
  row: readonly (string | number | null)[];
  participants: readonly [type: string, identity: string, part: string, own: number][];
  tenant: string;
  state: WorkState;
  /** 1 while nobody has claimed it. */
  free: number;
};

/** What a write brings of people's work. */
export function humanRows({ task, assigns, attached, detached }: Write): Partial<PreparedHuman> {
  // Of one that is deleted there is no work left.
  const assignment = task.deletedAt === null ? assignmentRows(task) : null;
  return {
    ...(assigns && assignment !== undefined && { assignment }),
    ...(attached && { attached: attached.map(attachmentValues) }),
    ...(detached !== undefined && { detached }),
  };
}

function attachmentValues({ name, sha256, bytes, mediaType, scope, by, at }: Attachment): readonly (string | number)[] {
  return [name, sha256, bytes, mediaType, scope, by, at];
}

/** Undefined for a task that never asked anybody; null for one that goes on as another: it is no work any more. */
function assignmentRows(task: Task): PreparedAssignment | null | undefined {
  const { assignment, tenant, title, user } = task;
  if (assignment !== null && assignment.renewed !== null) return null;
  const state = workStateOf(task);
  if (assignment === null || state === null) return undefined;
  const { from, claimedBy, priority, assignedAt, dueAt, key, category, definition } = assignment;
  return {
    row: [
      ...[tenant, state, title, user, from, claimedBy, priority, assignedAt, task.updatedAt],
      ...[dueAt, key, category, definition],
    ],
    participants: participantsOf(task).map(({ type, id, part }) => [
      type,
      id,
      part,
      type === "user" && id === user ? 1 : 0,
    ]),
    tenant,
    state,
    free: claimedBy === null ? 1 : 0,
  };
}

function participantsOf({ assignment }: Task): (Identity & { part: TaskPart })[] {
  if (assignment === null) return [];
  const as = (part: TaskPart, identities: readonly Identity[]) => identities.map((each) => ({ ...each, part }));
  const user = (id: string): Identity => ({ type: "user", id });
  return [
    ...as("assignee", assignment.assignees),
    ...as("claimant", assignment.claimedBy === null ? [] : [user(assignment.claimedBy)]),
    ...as("owner", [assignment.owner]),
    ...as("reviewer", assignment.reviewers),
    ...as("actor", assignment.actors.map(user)),
  ];
}

const attachmentRow = z.tuple([
  z.string(),
  z.string(),
  z.number(),
  z.string(),
  z.enum(REMARK_SCOPES),
  z.string(),
  time,
]);
export function attachmentOf(row: unknown): Attachment {
  const [name, sha256, bytes, mediaType, scope, by, at] = attachmentRow.parse(row);
  return { name, sha256, bytes, mediaType, scope, by, at };
}

const countRow = z.tuple([z.enum(WORK_STATES), z.number(), z.number(), z.number()]);
export function workCountOf(row: unknown): WorkCount {
  const [state, priority, overdue, count] = countRow.parse(row);
  return { state, priority, overdue: overdue === 1, count };
}
