/**
 * A task as an item of people's work: the assignment that it begins with, the one that follows from its questions, and
 * the one word that a worklist shows for where it stands. Pure.
 */

import type { JsonObject } from "../json/json.ts";
import { isTerminal } from "../states.ts";
import type { Prompt, Task } from "../task.ts";
import type { Assignment, Outcome } from "./assignment.ts";
import { DEFAULT_OUTCOMES, HUMAN_KIND, type HumanInput } from "./human.ts";
import type { Identity } from "./identity.ts";
import { type OpenQuestion, ownQuestions } from "./questions.ts";
import type { WorkState } from "./work-states.ts";

/** The question that a task of kind `human` asks. */
const DECISION = "decision";

/** The decision that stands for an answer in the form that its question wants. */
export const ANSWER: Outcome = { id: "answer", title: "Answer" };

/** Null for a task that asks nobody and never did, and for one that goes on as another. */
export function workStateOf({
  state,
  assignment,
  waits,
}: Pick<Task, "state" | "assignment" | "waits">): WorkState | null {
  if (assignment === null || assignment.renewed !== null) return null;
  if (assignment.state === "deleted") return "deleted";
  switch (state) {
    case "completed":
      return "completed";
    case "failed":
    case "rejected":
      return "errored";
    case "timed_out":
      return "expired";
    case "cancelled":
      return "withdrawn";
    case "paused":
      return assignment.state === "closed" ? "completed" : "suspended";
    case "queued":
    case "running":
    case "waiting":
    case "input_required":
      if (assignment.state === "closed") return "completed";
      if (ownQuestions({ waits })[0]?.prompt.asks === "authorization") return "alerted";
      return assignment.state;
  }
}

/** The assignment that a task of kind `human` is submitted with; `user` is its submitter. */
export function firstAssignment(input: HumanInput, user: string, at: number): Assignment {
  const submitter: Identity = { type: "user", id: user };
  const assignees = input.assignees.length > 0 ? input.assignees : [submitter];
  const stages = input.stages.length > 0 ? input.stages : [{ assignees, votes: "any" as const, otherwise: null }];
  return {
    ...blank(input.owner ?? submitter, user, at),
    assignees: stages[0]?.assignees ?? assignees,
    reviewers: input.reviewers,
    priority: input.priority,
    dueAt: momentOf(input.due_at),
    expiresAt: momentOf(input.expires_at),
    escalateTo: input.escalate_to,
    outcomes: input.outcomes ?? [...DEFAULT_OUTCOMES],
    stages,
    payload: input.payload,
    key: input.key ?? null,
    category: input.category ?? null,
    definition: input.definition ?? null,
  };
}

/** The question of such a task, as every API shows it: its answer is a decision. */
export function decisionQuestion(
  { title, description, form }: HumanInput,
  { outcomes }: Assignment,
  at: number,
): OpenQuestion {
  const schema: JsonObject = {
    type: "object",
    required: ["outcome"],
    properties: {
      outcome: { enum: outcomes.map(({ id }) => id) },
      comment: { type: "string" },
      payload: form ?? { type: "object" },
    },
  };
  const text = description === "" ? title : `${title}\n\n${description}`;
  return {
    on: "input",
    key: DECISION,
    since: at,
    until: null,
    prompt: { name: DECISION, asks: "approval", text, schema },
  };
}

/**
 * The assignment of a task as it will be: its oldest open question is what people have to do. One that is answered is
 * closed with what was decided, and so is that of a task that has ended.
 */
export function assignmentAfter(task: Task, at: number): Assignment | null {
  const { assignment, state } = task;
  const question = isTerminal(state) ? undefined : ownQuestions(task)[0];
  if (!question)
    return assignment === null || !isOpen(assignment) || isYetToAsk(task)
      ? assignment
      : { ...assignment, state: "closed" };
  if (assignment?.question === question.key) return assignment;
  if (task.kind === HUMAN_KIND && assignment) return { ...assignment, question: question.key };
  return questionAssignment(task, question, at);
}

/** Somebody has to do something about it. */
export function isOpen({ state }: Assignment): boolean {
  return state !== "closed" && state !== "deleted";
}

/** Its submit is delayed. */
function isYetToAsk({ kind, state, assignment }: Task): boolean {
  return kind === HUMAN_KIND && !isTerminal(state) && assignment?.question === null;
}

function questionAssignment({ user, assignment }: Task, { key, since, prompt }: OpenQuestion, at: number): Assignment {
  const submitter: Identity = { type: "user", id: user };
  const assignees = prompt.candidates ?? [submitter];
  return {
    ...blank(submitter, user, Math.max(since, at)),
    question: key,
    assignees,
    outcomes: outcomesOf(prompt),
    stages: [{ assignees, votes: "any", otherwise: null }],
    // Whoever has acted on an earlier question may still see the task.
    actors: assignment?.actors ?? [],
  };
}

/** What may be decided where a question of code is asked. */
export function outcomesOf({ asks }: Pick<Prompt, "asks">): Outcome[] {
  switch (asks) {
    case "approval":
    case "authorization":
      return [...DEFAULT_OUTCOMES];
    case "answer":
    case "information":
      return [ANSWER];
  }
}

function blank(owner: Identity, from: string, at: number): Omit<Assignment, "assignees" | "outcomes" | "stages"> {
  return {
    state: "assigned",
    question: null,
    claimedBy: null,
    from,
    assignedAt: at,
    owner,
    reviewers: [],
    priority: 3,
    dueAt: null,
    expiresAt: null,
    escalateTo: [],
    escalations: 0,
    overdue: false,
    outcome: null,
    decidedBy: null,
    stage: 0,
    votes: [],
    asked: null,
    trail: [],
    actors: [],
    payload: {},
    key: null,
    category: null,
    definition: null,
    number: null,
    first: null,
    renewed: null,
  };
}

function momentOf(text: string | undefined): number | null {
  return text === undefined ? null : Date.parse(text);
}
