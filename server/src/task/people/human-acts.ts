/**
 * The rules of what people do with an assignment: who may do what, when, and what becomes of it. `actOn` is a part of
 * `decide`, which alone changes a task by it. Pure.
 */

import { Refusal } from "../errors.ts";
import type { Json } from "../json/json.ts";
import { isTerminal } from "../states.ts";
import type { Failure, Task } from "../task.ts";
import { ACTORS_MAX, type Assignment, STAGES_MAX, type Stage, TRAIL_MAX } from "./assignment.ts";
import { HUMAN_KIND, type HumanAct, type HumanActName } from "./human.ts";
import { type Identity, isMember, isSame, type Member } from "./identity.ts";
import { ownQuestions } from "./questions.ts";
import { outcomeOf, votesNeededOf } from "./votes.ts";
import { isOpen } from "./work-item.ts";

/** Who acts. `looksAfterAll`: somebody who may steer every task of the tenant. */
export type Actor = Member & { looksAfterAll: boolean };

/**
 * An act with what it needs from outside: an escalation names whom it goes to. `messageId` is that of the answer, where it
 * answers the question of a task that goes on by it.
 */
export type Acting = {
  by: Actor;
  act: HumanAct;
  comment: string;
  messageId: string;
  priority?: number;
  /** Of `renew`: the task as which it goes on. */
  renewedAs?: string;
};

/** The command to the task that follows from an act. */
type Consequence =
  | { do: "pause" | "cancel"; by: string; reason: string }
  | { do: "resume"; by: string }
  /** The task of people ends by it. */
  | { do: "conclude"; ending: { output: Json } | { error: Failure } }
  /** The task goes on with this answer to its question. */
  | { do: "input"; by: string; messageId: string; prompt: string | null };

export type Effect = { assignment: Assignment; to: Identity[]; consequence: Consequence | null };

type Role = "assignee" | "claimant" | "owner" | "submitter" | "asked" | "overseer";

/** Who may do an act, and while the assignment is in which states. `overseer` looks after the whole tenant. */
type Rule = {
  who: readonly Role[];
  in: readonly (Assignment["state"] | "suspended" | "expired" | "renewed" | "ended")[];
};

const STANDS = ["assigned", "voting", "information"] as const;

export const RULES: Readonly<Record<HumanActName, Rule>> = {
  claim: { who: ["assignee"], in: ["assigned"] },
  release: { who: ["claimant"], in: ["assigned"] },
  decide: { who: ["assignee"], in: ["assigned", "voting"] },
  delegate: { who: ["assignee"], in: ["assigned"] },
  reassign: { who: ["assignee", "owner", "overseer"], in: ["assigned"] },
  escalate: { who: ["assignee", "owner", "overseer"], in: ["assigned"] },
  suspend: { who: ["owner", "assignee", "overseer"], in: STANDS },
  resume: { who: ["owner", "assignee", "overseer"], in: ["suspended"] },
  withdraw: { who: ["submitter", "owner", "overseer"], in: [...STANDS, "suspended"] },
  request_information: { who: ["assignee"], in: ["assigned"] },
  submit_information: { who: ["asked"], in: ["information"] },
  push_back: { who: ["assignee"], in: ["assigned"] },
  route: { who: ["assignee"], in: ["assigned"] },
  skip: { who: ["owner", "overseer"], in: ["assigned", "voting"] },
  save: { who: ["assignee", "owner"], in: [...STANDS, "suspended"] },
  error: { who: ["overseer"], in: [...STANDS, "suspended"] },
  renew: { who: ["owner", "overseer"], in: ["expired"] },
  delete: { who: ["owner", "overseer"], in: [...STANDS, "suspended", "expired", "ended"] },
  purge: { who: ["overseer"], in: ["expired", "ended", "deleted"] },
};

/** Acts of which only a task of kind `human` knows what would follow. */
const OF_KIND_HUMAN: ReadonlySet<HumanActName> = new Set(["route", "skip", "renew"]);

/** Why this actor may not do it now; undefined when nothing but what is in the act itself stands against it. */
export function refusalOf(task: Task, actor: Actor, act: HumanActName): Refusal | undefined {
  const { assignment } = task;
  if (assignment === null) return wrongState(task, "It asks nobody for anything.");
  const { who, in: states } = RULES[act];
  if (!who.some((role) => hasRole(task, assignment, actor, role)))
    return new Refusal("forbidden", `Only ${spoken(who)} may ${phrase(act)} it.`);
  const standing = standingOf(task, assignment);
  if (!states.includes(standing)) return settledRefusal(task, assignment, act, standing);
  if (OF_KIND_HUMAN.has(act) && task.kind !== HUMAN_KIND)
    return wrongState(task, `It is of kind ${task.kind}, which nobody can ${phrase(act)}.`);
  const { claimedBy } = assignment;
  if (who.includes("assignee") && !isFree(assignment, actor) && !isAbove(task, assignment, actor, who))
    return new Refusal("conflict", `${claimedBy} has claimed it.`, { state: task.state });
  if (act === "claim" && claimedBy !== null) return wrongState(task, "You have claimed it already.");
  if (act === "claim" && needed(assignment) > 1)
    return wrongState(task, "Several are asked for their votes: nobody can claim it for himself.");
  if (act === "decide" && assignment.votes.some(({ by }) => by === actor.user))
    return new Refusal("conflict", "You have voted already.", { state: task.state });
  if (act === "push_back" && assignment.trail.length === 0)
    return wrongState(task, "Nobody had it before its present assignees.");
  return undefined;
}

/** What an act makes of the assignment, and of the task. Throws nothing: a refusal is returned. */
export function actOn(task: Task, acting: Acting, at: number): Effect | Refusal {
  const { assignment } = task;
  const { by, act, comment, priority } = acting;
  const refused = refusalOf(task, by, act.act);
  if (refused || assignment === null) return refused ?? wrongState(task, "It asks nobody for anything.");
  const own: Assignment = {
    ...assignment,
    ...(priority !== undefined && { priority }),
    actors: [...assignment.actors.filter((user) => user !== by.user), by.user].slice(-ACTORS_MAX),
  };
  const stays = (changed: Partial<Assignment>, to: Identity[] = []): Effect => ({
    assignment: { ...own, ...changed },
    to,
    consequence: null,
  });
  switch (act.act) {
    case "claim":
      return stays({ claimedBy: by.user }, [{ type: "user", id: by.user }]);
    case "release":
      return stays({ claimedBy: null }, own.assignees);
    case "decide":
      return decided(task, own, acting, act, at);
    case "delegate":
      return stays(handedTo(own, delegated(own, by, act.to), by.user, at), act.to);
    case "reassign":
      return stays(handedTo(own, act.to, by.user, at), act.to);
    case "escalate":
      if (act.to.length === 0) return new Refusal("invalid", "There is nobody to escalate it to.", { field: "to" });
      return stays({ ...handedTo(own, act.to, by.user, at), escalations: own.escalations + 1 }, act.to);
    case "suspend":
      return { ...stays({}), consequence: { do: "pause", by: by.user, reason: comment } };
    case "resume":
      return { ...stays({}), consequence: { do: "resume", by: by.user } };
    case "withdraw":
      return { ...stays({}), consequence: { do: "cancel", by: by.user, reason: comment } };
    case "request_information": {
      const asked = { by: by.user, assignees: own.assignees, claimedBy: own.claimedBy };
      return stays({ ...given(act.from, by.user, at), state: "information", asked }, act.from);
    }
    case "submit_information": {
      const { assignees, claimedBy } = own.asked ?? { assignees: own.assignees, claimedBy: null };
      return stays({ ...given(assignees, by.user, at), claimedBy, state: "assigned", asked: null }, assignees);
    }
    case "push_back": {
      const to = own.trail.at(-1) ?? own.assignees;
      return stays({ ...given(to, by.user, at), trail: own.trail.slice(0, -1) }, to);
    }
    case "route":
      return routed(own, act, by.user, at);
    case "skip":
      return goesOn(own, null, { by: by.user, comment, at });
    case "save":
      return stays(act.payload === undefined ? {} : { payload: act.payload });
    case "error":
      return {
        ...stays({}),
        consequence: {
          do: "conclude",
          ending: { error: { code: "ended_by_person", message: comment || `${by.user} ended it.` } },
        },
      };
    case "delete":
      return {
        ...stays({ state: "deleted" }),
        consequence: isTerminal(task.state) ? null : { do: "cancel", by: by.user, reason: comment },
      };
    case "renew":
      return stays({ renewed: { as: acting.renewedAs ?? "", by: by.user, at } });
    case "purge":
      return stays({});
  }
}

/** The due date has passed: it goes to whom it is escalated to, if there is anybody, and to nobody twice. */
export function escalated(assignment: Assignment, to: readonly Identity[], at: number): Assignment {
  if (to.length === 0 || assignment.state !== "assigned") return { ...assignment, overdue: true };
  return {
    ...assignment,
    ...handedTo(assignment, [...to], assignment.from, at),
    escalations: assignment.escalations + 1,
    overdue: true,
  };
}

/** After a pause of so many milliseconds: time has not counted meanwhile. */
export function afterPause(assignment: Assignment, ms: number): Assignment {
  const later = (moment: number | null) => (moment === null ? null : moment + ms);
  return { ...assignment, dueAt: later(assignment.dueAt), expiresAt: later(assignment.expiresAt) };
}

/** Whether somebody is among those who are to act now, whoever has claimed it. */
function isAssignee({ assignees }: Assignment, member: Member): boolean {
  return assignees.some((identity) => isMember(member, identity));
}

function decided(
  task: Task,
  own: Assignment,
  { by, comment, messageId }: Acting,
  { outcome, payload }: HumanAct & { act: "decide" },
  at: number,
): Effect | Refusal {
  const known = own.outcomes.find(({ id }) => id.toLowerCase() === outcome.toLowerCase());
  if (!known) {
    const ids = own.outcomes.map(({ id }) => id).join(", ");
    return new Refusal("invalid", `There is no outcome "${outcome}" here: choose of ${ids}.`, { field: "outcome" });
  }
  if (task.kind !== HUMAN_KIND) {
    const answered: Assignment = { ...own, outcome: known.id, decidedBy: by.user };
    const prompt = ownQuestions(task)[0]?.prompt.name ?? null;
    return { assignment: answered, to: [], consequence: { do: "input", by: by.user, messageId, prompt } };
  }
  const kept: Assignment = { ...own, ...(payload !== undefined && { payload }) };
  const votes = [...kept.votes, { by: by.user, as: voterOf(kept, by), outcome: known.id, at }];
  const ids = kept.outcomes.map(({ id }) => id);
  const won = outcomeOf(stageOf(kept), kept.assignees.length, ids, votes);
  if (won !== null) return goesOn({ ...kept, votes }, won, { by: by.user, comment, at });
  return { assignment: { ...kept, votes, state: "voting", outcome: known.id }, to: [], consequence: null };
}

/** A stage is over. The first declared outcome leads to the next stage, and so does skipping; any other ends the task. */
function goesOn(
  own: Assignment,
  outcome: string | null,
  { by, comment, at }: { by: string; comment: string; at: number },
): Effect {
  const next = own.stages[own.stage + 1];
  const leadsOn = outcome === null || outcome === own.outcomes[0]?.id;
  const last: Assignment = { ...own, outcome: outcome ?? own.outcome, decidedBy: by };
  if (leadsOn && next) {
    const assignment: Assignment = {
      ...last,
      ...handedTo(own, next.assignees, by, at),
      state: "assigned",
      stage: own.stage + 1,
      votes: [],
    };
    return { assignment, to: next.assignees, consequence: null };
  }
  const output = {
    outcome,
    by,
    comment,
    payload: own.payload,
    votes: own.votes.map(({ by, outcome }) => ({ by, outcome })),
  };
  return {
    assignment: { ...last, outcome, state: "closed" },
    to: [],
    consequence: { do: "conclude", ending: { output } },
  };
}

/** The present stage goes to others: after them comes what would have come after it. */
function routed(own: Assignment, act: HumanAct & { act: "route" }, by: string, at: number): Effect | Refusal {
  const { to, routing, votes, otherwise = null } = act;
  const known = otherwise === null || own.outcomes.some(({ id }) => id === otherwise);
  if (!known) return new Refusal("invalid", `There is no outcome "${otherwise}" here.`, { field: "otherwise" });
  const alone = (identity: Identity): Stage => ({ assignees: [identity], votes: "any", otherwise: null });
  const inserted: Stage[] =
    routing === "sequential"
      ? to.map(alone)
      : [{ assignees: to, votes: routing === "simple" ? "any" : (votes ?? "all"), otherwise }];
  const stages = [...own.stages.slice(0, own.stage), ...inserted, ...own.stages.slice(own.stage + 1)];
  if (stages.length > STAGES_MAX)
    return new Refusal("invalid", `A task has at most ${STAGES_MAX} stages.`, { field: "to" });
  const first = inserted[0]?.assignees ?? to;
  return {
    assignment: { ...own, ...handedTo(own, first, by, at), stages },
    to: first,
    consequence: null,
  };
}

function stageOf({ stages, stage }: Assignment): Stage {
  return stages[stage] ?? { assignees: [], votes: "any", otherwise: null };
}

function needed(assignment: Assignment): number {
  return votesNeededOf(stageOf(assignment), assignment.assignees.length);
}

/** The assignee for whom this vote counts: the first that nobody has voted for yet. */
function voterOf({ assignees, votes }: Assignment, by: Actor): Identity {
  const own = assignees.filter((identity) => isMember(by, identity));
  const free = own.find((identity) => !votes.some(({ as }) => isSame(as, identity)));
  return free ?? own[0] ?? { type: "user", id: by.user };
}

/** Whoever has claimed it hands all of it on, whoever has not his own part alone. */
function delegated(own: Assignment, by: Actor, to: Identity[]): Identity[] {
  if (own.claimedBy !== null) return to;
  const as = voterOf(own, by);
  const others = own.assignees.filter((identity) => !isSame(identity, as));
  return [...others.filter((identity) => !to.some((each) => isSame(each, identity))), ...to];
}

/** It goes to others, and those who had it are remembered. */
function handedTo(own: Assignment, to: Identity[], from: string, at: number): Partial<Assignment> {
  const had: Identity[] = own.claimedBy === null ? own.assignees : [{ type: "user", id: own.claimedBy }];
  return { ...given(to, from, at), trail: [...own.trail, had].slice(-TRAIL_MAX) };
}

function given(assignees: Identity[], from: string, at: number): Partial<Assignment> {
  return { assignees, claimedBy: null, from, assignedAt: at };
}

function hasRole(task: Task, assignment: Assignment, actor: Actor, role: Role): boolean {
  switch (role) {
    case "assignee":
    case "asked":
      return isAssignee(assignment, actor) || assignment.claimedBy === actor.user;
    case "claimant":
      return assignment.claimedBy === actor.user;
    case "owner":
      return isMember(actor, assignment.owner);
    case "submitter":
      return task.user === actor.user;
    case "overseer":
      return actor.looksAfterAll;
  }
}

/** Nobody else has claimed it. */
function isFree({ claimedBy }: Assignment, { user }: Actor): boolean {
  return claimedBy === null || claimedBy === user;
}

/** It may be done in another role than that of an assignee, for whom a claim of another stands in the way. */
function isAbove(task: Task, assignment: Assignment, actor: Actor, who: readonly Role[]): boolean {
  return who.some((role) => role !== "assignee" && hasRole(task, assignment, actor, role));
}

function standingOf(task: Task, assignment: Assignment): Rule["in"][number] {
  if (assignment.renewed !== null) return "renewed";
  if (assignment.state === "deleted") return "deleted";
  if (isTerminal(task.state)) return task.state === "timed_out" ? "expired" : "ended";
  return task.state === "paused" && isOpen(assignment) ? "suspended" : assignment.state;
}

/** What another has decided is a lost race, whenever it was; anything else is the state that it is in. */
function settledRefusal(task: Task, { decidedBy, outcome }: Assignment, act: HumanActName, standing: string): Refusal {
  const isSettled = standing === "ended" || standing === "closed";
  if (isSettled && decidedBy !== null)
    return new Refusal("conflict", `${decidedBy} has decided it: ${outcome ?? "skipped"}.`, { state: task.state });
  return wrongState(task, `Nobody can ${phrase(act)} it: it is ${standing}.`);
}

function wrongState(task: Task, message: string): Refusal {
  return new Refusal("not_allowed_in_state", message, { state: task.state });
}

const SPOKEN: Readonly<Record<Role, string>> = {
  assignee: "its assignees",
  claimant: "whoever has claimed it",
  owner: "its owner",
  submitter: "whoever submitted it",
  asked: "whoever was asked",
  overseer: "who looks after all tasks",
};

function spoken(roles: readonly Role[]): string {
  return roles.map((role) => SPOKEN[role]).join(", ");
}

function phrase(act: HumanActName): string {
  return act.replaceAll("_", " ");
}
