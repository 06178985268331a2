/** Faults in how an agent keeps within what its task, and the tasks above it, may spend, and in what it asks of its server. */
const file = "server/src/handlers/agent/budget.ts";
const writer = "server/src/engine/embedded/attempt-writer.ts";
const reservations = "server/src/engine/reservations.ts";
const chunks = "server/src/models/wire/chat-completions.ts";
const plain = "server/src/models/wire/plain-answer.ts";

export const AGENT = [
  {
    name: "a-spent-budget-is-passed-by-one-call",
    find: 'const is = percent >= 100 ? "spent" : "low";\n    if',
    put: 'const is = percent > 100 ? "spent" : "low";\n    if',
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
    hangs: true,
    find: "await step.grant(stillSpent.map(({ task }) => task));",
    put: "",
  },
  {
    name: "a-price-that-nobody-knows-costs-nothing",
    find: "if (spent.unpricedCalls > from.unpricedCalls) {",
    put: "if (false) {",
  },
  {
    name: "an-answer-may-spend-more-than-is-left",
    find: "Math.max(left - inputTokens,",
    put: "Math.max(left + inputTokens,",
  },
  {
    name: "the-tightest-budget-of-a-tree-counts-not",
    find: "output = Math.min(output, ...most);",
    put: "output = Math.max(...most);",
  },
  {
    name: "what-others-have-reserved-is-spent-twice",
    find: "Math.max(1, limits.tokens - tokensOf(spent) - reserved.tokens)",
    put: "Math.max(1, limits.tokens - tokensOf(spent))",
  },
  {
    name: "nothing-is-reserved",
    find: "if (allowance && (await step.reserve(allowance.reserve, bounds))) return body(low, allowance);",
    put: "if (allowance) return body(low, allowance);",
  },
  {
    file: reservations,
    name: "what-was-reserved-is-never-given-back",
    hangs: true,
    find: "if (!account?.taken.delete(key)) continue;",
    put: "if (!account?.taken.has(key)) continue;",
  },
  {
    file: reservations,
    name: "a-budget-that-has-changed-is-taken-from-as-it-was",
    find: "if (!this.#isAsSeen(seen)) return false;",
    put: "",
  },
  {
    name: "a-granted-budget-is-never-said-to-run-low",
    find: "for (const { task } of spent) this.warned.delete(task);",
    put: "",
  },
  {
    file: "server/src/handlers/agent/model-turn.ts",
    name: "a-resumed-run-forgets-how-prompts-were-counted",
    hangs: true,
    find: "if (said.promptTokens) budgets.notePrompt(call.model, said.promptTokens, said.inputTokens);",
    put: "",
  },
  {
    name: "a-prompt-costs-nothing",
    find: "(left * PER_MILLION - inputTokens * price.input)",
    put: "(left * PER_MILLION)",
  },
  {
    name: "a-budget-is-passed-by-the-next-prompt",
    find: "if (least && used < limits.tokens && used + least.inputTokens + least.outputTokens > limits.tokens) {",
    put: "if (least && used > limits.tokens) {",
  },
  {
    name: "what-a-provider-has-counted-is-forgotten",
    find: "this.#last.set(model, { tokens, counted });",
    put: "",
  },
  {
    name: "who-shares-a-budget-takes-the-smallest-rest",
    find: "if (isShared && Math.min(...most) < Math.min(outputTokens, ANSWER_TOKENS_WORTH)) return null;",
    put: "",
  },
  { file: writer, name: "the-budgets-above-hold-for-nobody", find: "[...boundBy, id]", put: "[id]" },
  {
    file: writer,
    name: "what-a-tree-spends-is-what-its-root-does",
    find: "sumOf(task.usage, await this.#insist(() => this.#parts.store.spentBelow(task.id)))",
    put: "task.usage",
  },
  {
    file: "server/src/handlers/agent/tool-call.ts",
    name: "a-call-is-what-its-tool-is-now",
    hangs: true,
    find: "if (call.judged) return { ...call, judged: call.judged };",
    put: "",
  },
  {
    file: "server/src/engine/execution/step-execution.ts",
    name: "what-lacks-its-code-fails",
    find: "if (error instanceof MissingCode) throw error;",
    put: "",
  },
  {
    file: "server/src/handlers/agent/plan.ts",
    name: "every-agent-waits-for-what-its-server-has-of-documents",
    find: "new Set(withTools ? (agent.tools ?? (await parts.builtInTools())) : [])",
    put: "new Set(withTools ? (agent.tools ?? (await parts.builtInTools())) : (await parts.builtInTools()).slice(0, 0))",
  },
  {
    file: chunks,
    name: "what-stands-beside-a-piece-of-text-is-lost",
    find: 'for (const name in delta) if (name !== "content" && name !== "role" && delta[name] != null) return null;',
    put: "",
  },
  {
    file: chunks,
    name: "what-was-held-is-lost-once-something-else-comes",
    find: "return held.length === 0 ? events : [...held, ...events];",
    put: "return events;",
  },
  {
    file: chunks,
    name: "an-answer-without-an-end-is-given-to-nobody",
    find: "return this.plainEnd === null ? [...events, ...this.#toPackage(NOTHING)] : NOTHING;",
    put: "return events;",
  },
  {
    file: plain,
    name: "counts-in-any-form-are-taken",
    find: "if (usage != null && !isUsage(usage)) return false;",
    put: "",
  },
  {
    file: plain,
    name: "thoughts-are-taken-for-nothing",
    find: "if (value != null && says) return false;",
    put: 'if (value != null && says && name === "content") return false;',
  },
  {
    file: plain,
    name: "any-number-of-chunks-that-say-nothing-is-held",
    find: "    if (this.#room < 0) return false;\n",
    put: "",
  },
  { file: plain, name: "the-last-name-of-a-model-counts", find: "if (names && !this.#isNamed) {", put: "if (names) {" },
  {
    file: "server/src/models/wire/repaired-stream.ts",
    name: "an-answer-that-breaks-off-is-never-heard-of",
    hangs: true,
    find: "this.#leave();\n    this.#wanted.resolve();",
    put: "this.#leave();",
  },
  {
    file: "server/src/models/wire/provider-fetch.ts",
    name: "a-connection-is-left-before-the-end-of-its-answer",
    find: "if (!answer.isComplete) request.abort(signal.reason);",
    put: "request.abort(signal.reason);",
  },
  {
    file: "server/src/models/wire/repaired-stream.ts",
    name: "a-connection-of-what-is-compressed-is-left-before-its-end",
    find: "(answer.isComplete ? leaveBehind(endOf(source), leave) : leave())",
    put: "leave()",
  },
  { file: chunks, name: "another-choice-is-read-too", find: 'choice["index"] !== place || ', put: "" },
].map((mutant) => ({ file, ...mutant }));
