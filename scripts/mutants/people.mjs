/** Faults in what people may do with the work that is theirs, and in what becomes of it. */
const file = "server/src/task/human-acts.ts";
const decide = "server/src/task/decide-people.ts";

export const PEOPLE = [
  {
    name: "whoever-asked-decides",
    find: 'decide: { who: ["assignee"], in:',
    put: 'decide: { who: ["assignee", "submitter"], in:',
  },
  {
    name: "a-claim-holds-nobody-off",
    find: 'if (who.includes("assignee") && !isFree(assignment, actor) && !isAbove(task, assignment, actor, who))',
    put: "if (false)",
  },
  {
    name: "one-votes-twice",
    find: 'if (act === "decide" && assignment.votes.some(({ by }) => by === actor.user))',
    put: "if (false)",
  },
  {
    name: "votes-can-be-claimed",
    find: 'if (act === "claim" && needed(assignment) > 1)',
    put: "if (false)",
  },
  {
    name: "votes-count-in-the-next-stage",
    find: "stage: own.stage + 1,\n      votes: [],",
    put: "stage: own.stage + 1,",
  },
  {
    name: "skipping-ends-all-stages",
    find: "const leadsOn = outcome === null || outcome",
    put: "const leadsOn = outcome",
  },
  {
    name: "it-is-escalated-again-and-again",
    find: "escalations: assignment.escalations + 1,\n    overdue: true,",
    put: "escalations: assignment.escalations + 1,",
  },
  {
    name: "who-asked-for-information-loses-the-claim",
    find: 'claimedBy, state: "assigned", asked: null',
    put: 'state: "assigned", asked: null',
  },
  {
    name: "whoever-delegates-takes-the-parts-of-others-along",
    find: "if (own.claimedBy !== null) return to;\n",
    put: "return to;\n",
  },
  {
    name: "nobody-remembers-who-had-it",
    find: "trail: [...own.trail, had].slice(-TRAIL_MAX)",
    put: "trail: own.trail.slice(-TRAIL_MAX)",
  },
  {
    file: decide,
    name: "an-act-is-told-after-the-end",
    find: "isTerminal(task.state) ? [] : [acted]",
    put: "[acted]",
  },
  {
    file: decide,
    name: "it-is-overdue-twice",
    find: "|| assignment === null || assignment.overdue) return",
    put: "|| assignment === null) return",
  },
].map((mutant) => ({ file, ...mutant }));
