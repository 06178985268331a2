/** Faults in the audit log: its chain, its pages, who sees it and how often refused callers stand in it. */
const chain = "server/src/store/sqlite/audit/audit-chain.ts";
const check = "server/src/store/sqlite/audit/audit-check.ts";
const pages = "server/src/store/sqlite/audit/audit-statements.ts";
const refused = "server/src/verbs/implementation/refused-calls.ts";
const submits = "server/src/verbs/implementation/submit-task.ts";

export const AUDIT = [
  {
    file: chain,
    name: "a-line-holds-no-hash-before-it",
    find: "hash = auditHash({ n, tenant, at, user, keyId, act, task, origin, detail }, hash);",
    put: 'hash = auditHash({ n, tenant, at, user, keyId, act, task, origin, detail }, "");',
  },
  {
    file: chain,
    name: "the-end-of-the-log-is-not-noted",
    find: "this.#put.run(HEAD_FACT, n, hash, n + NUMBERS_AHEAD);",
    put: "",
  },
  {
    file: chain,
    name: "more-numbers-are-given-than-are-noted",
    find: "n <= upTo && performance",
    put: "performance",
  },
  {
    file: chain,
    name: "where-all-that-says-a-number-is-lost-it-begins-behind-what-is-left",
    find: "one + ENTRIES_MAX",
    put: "one",
  },
  {
    file: "server/src/store/sqlite/doctor/last-numbers.ts",
    name: "a-mend-gives-numbers-of-lost-entries-again",
    find: 'if (isLost("audit"))',
    put: 'if (isLost(""))',
  },
  {
    file: "server/src/store/sqlite/mending/derived.ts",
    name: "an-index-without-lost-entries-says-which-was-the-last",
    find: '    keyed(db, "facts", ["name", "value"], 1),\n    audit(db),\n    ...indexes,\n',
    put: '    keyed(db, "facts", ["name", "value"], 1),\n    ...indexes,\n    audit(db),\n',
  },
  {
    file: pages,
    name: "numbers-that-no-entry-has-push-out-entries",
    find: "(n <= gap ? upTo - gap : 0)",
    put: "0 * gap * upTo",
  },
  {
    file: "server/src/store/sqlite/audit/audit-chain.ts",
    name: "a-second-gap-of-the-audit-log-is-the-only-one",
    find: "this.#put.run(GAP_FACT + last.n, ",
    put: "this.#put.run(GAP_FACT, ",
  },
  {
    file: pages,
    name: "retention-takes-the-entry-from-which-the-next-is-counted",
    find: "WHERE n < ? ORDER",
    put: "WHERE n <= ? ORDER",
  },
  {
    file: chain,
    name: "what-does-nothing-has-an-entry",
    find: "given.audit !== undefined && answer !== false && answer !== null",
    put: "given.audit !== undefined",
  },
  {
    file: check,
    name: "an-entry-that-is-missing-is-not-missed",
    find: "if (link.n !== last.n + 1) tell(missing(last.n + 1, link.n - 1));",
    put: "if (link.n !== last.n + 1) entries += 0;",
  },
  {
    file: check,
    name: "an-end-that-is-cut-off-is-not-missed",
    find: "if (head !== null && head.n > last.n)",
    put: "if (head !== null && head.n < 0)",
  },
  {
    file: pages,
    name: "a-log-without-a-beginning-hangs-on-nothing",
    find: 'hang.run(ANCHOR_FACT, n, maybeTextIn(end[2]) ?? "");',
    put: 'hang.run(ANCHOR_FACT, n, "");',
  },
  {
    file: pages,
    name: "a-clock-that-was-wrong-keeps-all-that-came-before",
    find: "slice.findLastIndex(",
    put: "slice.findIndex(",
  },
  {
    file: refused,
    name: "each-refused-call-has-an-entry",
    find: "if (this.#clock.elapsed() - counted.writtenAt >= EVERY_MS) void this.#write(name, counted);",
    put: "void this.#write(name, counted);",
  },
  { file: refused, name: "what-was-not-written-is-forgotten", find: "counted.unwritten += count;", put: "" },
  {
    file: submits,
    name: "a-submit-has-no-entry",
    find: "const told = audit === null ? along : { audit, ...along };",
    put: "const told = along;",
  },
];
