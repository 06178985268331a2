/**
 * A task as an item of a worklist. In Waybill, a task of any kind is one, also while nobody has to act on it; then it is assigned to
 * its handler, by the name of an agent or of a kind.
 */
import { agentInput } from "../../task/agent/agent.ts";
import type { JsonObject } from "../../task/json/json.ts";
import type { Assignment } from "../../task/people/assignment.ts";
import { HUMAN_KIND, humanInput } from "../../task/people/human.ts";
import type { Identity } from "../../task/people/identity.ts";
import { isTerminal } from "../../task/states.ts";
import type { Task } from "../../task/task.ts";
import { type Caller, numberOf, type Tree } from "./caller.ts";
import type { BareWorklistTask } from "./schema.ts";
import { worklistTime } from "./times.ts";
import { outcomeWord, type WorklistState, worklistStateOf } from "./vocabulary.ts";

/** The application of all work on this wire. Names of definitions are those of a tenant. */
const APPLICATION = "waybill";

/** The default priority. */
const USUAL_PRIORITY = 3;

export function worklistTaskOf(
  task: Task,
  caller: Caller,
  { tree, state = worklistStateOf(task) }: { tree: Tree; state?: WorklistState },
): BareWorklistTask {
  const { assignment, startedAt } = task;
  const number = numberOf(task);
  const assignees = assigneesOf(task);
  return {
    number,
    taskId: task.id,
    title: task.title,
    state,
    ...outcomeOf(task),
    priority: assignment?.priority ?? USUAL_PRIORITY,
    ...(assignment?.category != null && { category: assignment.category }),
    assignees: { totalResult: assignees.length, hasMore: false, items: assignees },
    ...ownerOf(assignment),
    createdBy: task.user,
    createdDate: worklistTime(task.createdAt),
    updatedDate: worklistTime(task.updatedAt),
    ...(assignment && { fromUserName: assignment.from, fromUserDisplayName: caller.nameOf(assignment.from) }),
    ...(assignment && { assignedDate: worklistTime(assignment.assignedAt) }),
    ...(startedAt !== null && { startDate: worklistTime(startedAt) }),
    ...dateIn("dueDate", assignment?.dueAt),
    ...dateIn("expirationDate", assignment?.expiresAt),
    ...(assignment && task.endedAt !== null && { approvalDuration: Math.max(0, task.endedAt - assignment.assignedAt) }),
    taskDefinitionName: assignment?.definition ?? task.kind,
    taskNamespace: task.tenant,
    applicationName: APPLICATION,
    ...(assignment?.key != null && { identificationKey: assignment.key }),
    rootTaskNumber: tree.root,
    hasSubTasksFlag: tree.hasChildren,
    href: caller.links.task("self", number).href,
    rel: "self",
    mediaType: "application/json",
    length: 0,
  };
}

/** The outcome that closed it, in the word of this wire. */
export function outcomeOf(task: Pick<Task, "state" | "assignment">): { outcome?: string } {
  const outcome = isTerminal(task.state) ? task.assignment?.outcome : null;
  return outcome == null ? {} : { outcome: outcomeWord(outcome) };
}

/** The form for a person; none if any object is accepted. */
export function formOf(task: Task): JsonObject | null {
  if (task.kind === HUMAN_KIND) {
    const input = humanInput.safeParse(task.input);
    return input.success ? input.data.form : null;
  }
  for (const wait of task.waits) if (wait.on === "input") return wait.prompt.schema;
  return null;
}

function assigneesOf({ assignment, kind, input }: Task): Identity[] {
  if (assignment !== null) {
    return assignment.claimedBy === null ? assignment.assignees : [{ id: assignment.claimedBy, type: "user" }];
  }
  const asked = agentInput.safeParse(input);
  return [{ id: (asked.success ? asked.data.agent : undefined) ?? kind, type: "role" }];
}

const OWNER_FIELDS = { user: "ownerUser", group: "ownerGroup", role: "ownerRole" } as const;

function ownerOf(assignment: Assignment | null): {
  [Field in (typeof OWNER_FIELDS)["user" | "group" | "role"]]?: string;
} {
  return assignment === null ? {} : { [OWNER_FIELDS[assignment.owner.type]]: assignment.owner.id };
}

function dateIn(field: "dueDate" | "expirationDate", at: number | null | undefined) {
  return at == null ? {} : { [field]: worklistTime(at) };
}
