/** Faults in how an agent keeps within what its task may spend. */
const file = "server/src/handlers/agent/budget.ts";

export const AGENT = [
  {
    name: "a-spent-budget-is-passed-by-one-call",
    find: "if (percent >= 100) return",
    put: "if (percent > 100) return",
  },
  {
    name: "a-low-budget-is-said-each-time",
    find: "this.#warned = true;",
    put: "",
  },
  {
    name: "a-spent-budget-pauses-what-should-fail",
    find: 'if (budget.onSpent === "fail") {',
    put: "if (false) {",
  },
  {
    name: "a-resume-grants-nothing",
    find: "this.#limits = granted(budget, this.#ctx.spent);",
    put: "",
  },
  {
    name: "a-price-that-nobody-knows-costs-nothing",
    find: "if (spent.unpricedCalls > limits.unpricedCalls) {",
    put: "if (false) {",
  },
  {
    name: "an-answer-may-spend-more-than-is-left",
    find: "return Math.max(left - inputTokens, Math.min(left, ANSWER_TOKENS_MIN));",
    put: "return tokens;",
  },
].map((mutant) => ({ file, ...mutant }));
