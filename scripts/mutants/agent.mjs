/** Faults in how an agent keeps within what its task, and the tasks above it, may spend. */
const file = "server/src/handlers/agent/budget.ts";

export const AGENT = [
  {
    name: "a-spent-budget-is-passed-by-one-call",
    find: 'const is = percent >= 100 ? "spent" : "low";',
    put: 'const is = percent > 100 ? "spent" : "low";',
  },
  {
    name: "a-low-budget-is-said-each-time",
    find: "const fresh = low.filter(({ task }) => !this.warned.has(task));",
    put: "const fresh = [...low];",
  },
  {
    name: "a-spent-budget-pauses-what-should-fail",
    find: 'if (spent.some(({ onSpent }) => onSpent === "fail"))',
    put: "if (false)",
  },
  {
    name: "a-resume-grants-nothing",
    find: "await step.grant(standingsOf(await step.budgets(), ctx.task.id).spent.map(({ task }) => task));",
    put: "",
  },
  {
    name: "a-price-that-nobody-knows-costs-nothing",
    find: "if (spent.unpricedCalls > from.unpricedCalls) {",
    put: "if (false) {",
  },
  {
    name: "an-answer-may-spend-more-than-is-left",
    find: "return Math.max(left - inputTokens, Math.min(left, ANSWER_TOKENS_MIN));",
    put: "return left + inputTokens;",
  },
  {
    name: "the-tightest-budget-of-a-tree-counts-not",
    find: "Math.max(1, Math.min(...lefts))",
    put: "Math.max(1, ...lefts)",
  },
].map((mutant) => ({ file, ...mutant }));
