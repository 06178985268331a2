/** Faults in what is added up of paid calls, and in what is told of them and of traces. */
const daily = "server/src/store/codec/daily-usage.ts";
const reads = "server/src/store/sqlite/usage/daily-usage.ts";
const verbs = "server/src/verbs/implementation/usage-verbs.ts";
const paid = "server/src/metrics/paid-calls.ts";
const trace = "server/src/task/trace.ts";
const tracing = "server/src/telemetry/tracing.ts";

export const USAGE = [
  { file: daily, name: "calls-of-one-commit-count-once", find: "(known.added[at] ?? 0) + count", put: "count" },
  { file: daily, name: "a-call-without-a-price-has-one", find: "call.costUsd === null ? 1 : 0", put: "0" },
  { file: daily, name: "no-call-is-estimated", find: "call.estimated ? 1 : 0", put: "0" },
  { file: reads, name: "the-day-after-the-last-counts", find: '["day < ?"', put: '["day <= ?"' },
  {
    file: reads,
    name: "everybody-sees-all-usage",
    find: '["user = ?", user ?? undefined]',
    put: '["user = ?", undefined]',
  },
  {
    file: reads,
    name: "whoever-makes-agents-makes-rows-for-good",
    find: "if (!isNew || numberIn(",
    put: "if (true || numberIn(",
  },
  { file: reads, name: "a-page-of-usage-begins-anew", find: "after === null ?", put: "true ?" },
  {
    file: verbs,
    name: "anybody-asks-for-anothers-usage",
    find: 'if (names.user !== undefined && names.user !== principal.user) mustHave(principal, "tasks:all");',
    put: "",
  },
  {
    file: "server/src/engine/embedded/embedded-engine.ts",
    name: "what-a-dead-process-was-paying-for-a-cancelled-task-is-forgotten",
    find: "this.#lostCalls.ended(task, command);",
    put: "",
  },
  {
    file: "server/src/engine/embedded/lost-calls.ts",
    name: "what-runs-in-a-process-of-its-own-is-lost",
    find: " || runner.isApart(id)",
    put: "",
  },
  {
    file: "server/src/engine/embedded/lost-calls.ts",
    name: "whoever-has-begun-once-has-paid-nothing-in-another-life",
    find: "(attempt === 1 && runner.has(id))",
    put: "attempt === 1",
  },
  {
    file: "server/src/engine/execution/step-execution.ts",
    name: "what-an-earlier-try-said-counts-for-the-next-call",
    find: "...(!this.#speaks && { silent: true })",
    put: "",
  },
  {
    file: "server/src/engine/execution/paying.ts",
    name: "live-text-counts-for-a-call-that-says-none",
    find: "if (!last || silent) return calls;",
    put: "if (!last) return calls;",
  },
  {
    file: "server/src/engine/execution/step-execution.ts",
    name: "what-a-dead-process-was-paying-is-forgotten",
    find: "if (this.#paying && this.#paying.life !== this.#run.port.life) await",
    put: "if (false) await",
  },
  {
    file: "server/src/telemetry/model-calls.ts",
    name: "a-broken-answer-has-cost-nothing-in-its-span",
    find: "end(null, error instanceof ModelError ? error.spent : undefined,",
    put: "end(null, undefined,",
  },
  {
    file: "server/src/verbs/implementation/paid-requests.ts",
    name: "a-request-takes-what-another-may-yet-pay",
    find: "reserved.costUsd > 0 && spent",
    put: "false && spent",
  },
  {
    file: "server/src/verbs/implementation/paid-requests.ts",
    name: "each-payment-has-a-place-for-itself",
    find: "return this.#places.giveBack(payment.place);",
    put: "return;",
  },
  {
    file: "server/src/verbs/implementation/paid-requests.ts",
    name: "a-payment-that-the-file-may-tell-again-is-forgotten",
    find: "if (!next.kept) this",
    put: "this",
  },
  {
    file: "server/src/verbs/implementation/paid-requests.ts",
    name: "payments-side-by-side-have-one-place",
    find: "#made++",
    put: "#made",
  },
  {
    file: "server/src/store/sqlite/statements.ts",
    name: "a-payment-that-comes-again-counts-again",
    find: " WHERE hash <> excluded.hash",
    put: "",
  },
  {
    file: "server/src/store/sqlite/agents/agent-statements.ts",
    name: "keys-of-agents-have-no-bound",
    find: "if (idempotency && numberIn",
    put: "if (!idempotency && numberIn",
  },
  {
    file: "server/src/verbs/implementation/agent-verbs.ts",
    name: "whoever-made-an-agent-lets-its-tools-reach-more",
    find: 'if (principal.scopes.has("admin")) return definition;',
    put: "if (principal) return definition;",
  },
  {
    file: verbs,
    name: "the-last-day-is-left-out",
    find: "before: to + DAY_MS",
    put: "before: to",
  },
  {
    file: paid,
    name: "cached-tokens-count-twice",
    find: "inputTokens - cacheReadTokens - cacheWriteTokens",
    put: "inputTokens",
  },
  {
    file: "server/src/metrics/label-bound.ts",
    name: "callers-make-as-many-series-as-they-like",
    find: "this.#known.size >= this.#valuesMax",
    put: "false",
  },
  {
    file: "server/src/verbs/implementation/store-searches.ts",
    name: "what-an-agent-searches-is-paid-by-no-task",
    find: 'counted("search", principal, embed, onPaid)',
    put: 'counted("search", principal, embed)',
  },
  {
    file: trace,
    name: "a-child-begins-a-trace",
    find: "{ ...parent.trace, parent: parentSpanOf(parent) }",
    put: "null",
  },
  {
    file: trace,
    name: "a-trace-of-zeros-is-one",
    find: "if (/^0+$/.test(id) || /^0+$/.test(parent)) return null;",
    put: "",
  },
  {
    file: trace,
    name: "a-server-that-tells-nobody-is-a-span",
    find: "trace.own ? spanIdOf(id) : trace.parent",
    put: "spanIdOf(id)",
  },
  { file: tracing, name: "a-caller-has-no-say-in-sampling", find: "given !== null && byParent ?", put: "false ?" },
  {
    file: tracing,
    name: "a-task-ends-twice",
    find: "|| (before !== null && isTerminal(before.state))",
    put: "",
  },
  {
    file: verbs,
    name: "thirty-days-are-one-more",
    find: "to - (USUAL_DAYS - 1) * DAY_MS",
    put: "to - USUAL_DAYS * DAY_MS",
  },
  {
    file: reads,
    name: "a-tenants-usage-is-everybodys",
    find: '["tenant = ?", tenant],',
    put: '["tenant != ?", ""],',
  },
  { file: reads, name: "the-newest-day-comes-last", find: '(column === "day" ? "-day" : column)', put: "column" },
  {
    file: reads,
    name: "a-day-is-its-last-commit",
    find: "{count} + excluded.",
    put: "{count} * 0 + excluded.",
  },
  {
    file: "server/src/engine/execution/effects.ts",
    name: "an-amount-that-is-no-number-is-reserved",
    find: 'if (typeof value === "number" && value >= 0 && value <= TOKENS_MAX) return value;',
    put: 'if (typeof value === "number") return value;',
  },
];
