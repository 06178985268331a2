/** Faults in what people may do with the work that is theirs, and in what becomes of it. */
const file = "server/src/task/people/human-acts.ts";
const decide = "server/src/task/people/decide-people.ts";
const answers = "server/src/verbs/implementation/answer-check.ts";
const readings = "server/src/task/people/answer-reading.ts";
const judging = "server/src/verbs/implementation/schema-thread.ts";

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
  {
    file: readings,
    name: "a-word-fits-any-form",
    find: "const given = isPermission(asks) ?",
    put: "const given = schema !== null ?",
  },
  {
    file: "server/src/engine/execution/inbox.ts",
    name: "what-was-said-before-its-question-fits-any-form",
    find: "if (item.question !== null || asked.prompt.schema === null) return",
    put: "if (item.question !== null || asked.prompt.schema !== undefined) return",
  },
  {
    file: readings,
    name: "a-refusal-needs-the-whole-form",
    find: "schema: isAlone ? {} : rest",
    put: "schema: isAlone ? {} : whole",
  },
  {
    file: "server/src/task/json/json-words.ts",
    name: "words-of-json-bring-half-characters",
    find: "isJson(read) ? wellFormed(read)",
    put: "isJson(read) ? read",
  },
  {
    file: answers,
    name: "people-approve-without-what-the-form-requires",
    find: "await mustFit({ required }, task.assignment.payload, field, task.tenant);",
    put: "await mustFit(null, task.assignment.payload, field, task.tenant);",
  },
  {
    file: answers,
    name: "an-answer-is-given-as-it-was-said",
    find: "isDeepStrictEqual(answer, valueTold(heard.value)) ?",
    put: "answer !== undefined ?",
  },
  {
    file: answers,
    name: "a-form-that-judges-nothing-is-taken",
    find: "if (fault !== null) throw",
    put: "if (fault === undefined) throw",
  },
  {
    file: answers,
    name: "what-is-decided-fits-any-form",
    find: "await mustFit(leadsOn ? form : rest, payload, field, task.tenant);",
    put: "await mustFit(null, payload, field, task.tenant);",
  },
  {
    file: judging,
    name: "forms-are-looked-at-in-the-order-of-a-crowd",
    find: "this.#waiting.push(tenant, waiting);",
    put: 'this.#waiting.push("", waiting);',
  },
  {
    file: judging,
    name: "who-answers-behind-a-slow-form-waits-for-ever",
    hangs: true,
    find: 'look at this."));\n    this.#next();\n',
    put: 'look at this."));\n',
  },
].map((mutant) => ({ file, ...mutant }));
