/** Faults in what the store keeps. */
const apply = "server/src/store/sqlite/apply.ts";
const statements = "server/src/store/sqlite/statements.ts";
const trees = "server/src/store/sqlite/tasks/ended-trees.ts";
const sweep = "server/src/store/sqlite/record-sweep.ts";
const removal = "server/src/store/sqlite/tasks/task-removal.ts";
const writer = "server/src/store/sqlite/thread/writer.ts";

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: these are texts of other files
export const STORE = [
  {
    file: apply,
    name: "a-write-needs-no-state",
    find: "revision !== standing.revision || state !== standing.state || attempt !== standing.attempt",
    put: "false",
  },
  {
    file: apply,
    name: "what-another-process-has-written-is-not-read-again",
    find: "    if (version === this.#seen) return;",
    put: "    if (version !== null) return;",
  },
  {
    file: apply,
    name: "what-was-undone-is-remembered",
    find: "    this.#standings.forget();\n    this.#totals.clear();",
    put: "    this.#totals.clear();",
  },
  { file: apply, name: "a-key-makes-two-tasks", find: "if (known) {", put: "if (false) {" },
  {
    file: apply,
    name: "a-message-counts-twice",
    find: "if (write.inbox && this.#sql.inboxMessage.get(n, write.inbox[0])) return duplicate;",
    put: "",
  },
  {
    file: apply,
    name: "a-paid-call-is-not-looked-for",
    find: "if (write.usage?.some(([key]) => this.#sql.usageCall.get(n, key) !== undefined)) return duplicate;",
    put: "",
  },
  {
    file: apply,
    name: "events-are-not-kept",
    find: "    sql.insertEvents(events);",
    put: "",
  },
  {
    file: apply,
    name: "a-subscription-stays-beside-the-one-of-its-name",
    find: "if (standing !== null) sql.dropSubscription.run(subscription);",
    put: "",
  },
  { file: apply, name: "a-retry-has-no-journal", find: "sql.copyJournal.run(n, source);", put: "" },
  { file: apply, name: "a-retry-has-no-artifacts", find: "sql.copyArtifacts.run(n, source);", put: "" },
  {
    file: apply,
    name: "an-answer-stays-in-the-inbox",
    find: "for (const item of write.taken ?? []) sql.takeInbox.run(n, item);",
    put: "",
  },
  { file: apply, name: "artifacts-are-not-kept", find: "this.#sql.insertArtifact.run(n, last, id, record);", put: "" },
  {
    file: apply,
    name: "idempotency-is-not-kept",
    find: "sql.insertIdempotency.run(scope, key, hash, write.id, at);",
    put: "",
  },
  {
    file: apply,
    name: "the-audit-is-not-kept",
    find: "if (write.audit) sql.audit.add(write.audit);",
    put: "",
  },
  {
    file: apply,
    name: "metadata-is-not-indexed",
    find: "for (const [key, value] of write.metadata ?? []) this.#sql.insertMetadata.run(tenant, key, value, n);",
    put: "",
  },
  {
    file: apply,
    name: "deleted-tasks-are-counted",
    find: "return deletedAt === null ? state : null;",
    put: "return state;",
  },
  {
    file: apply,
    name: "messages-are-kept-for-ever",
    find: "if (n > MESSAGES_KEPT_MAX) this.#sql.dropMessages.run(conversation, n - MESSAGES_KEPT_MAX);",
    put: "",
  },
  {
    file: statements,
    name: "a-retry-gets-what-was-not-finished",
    find: "AND ((state IN ('done', 'failed') AND tries > 0) OR (state = 'retrying' AND kind = 'child'))",
    put: "",
  },
  {
    file: statements,
    name: "a-new-task-gets-what-followed-the-failure",
    find: "(state IN ('done', 'failed') AND tries > 0)",
    put: "state IN ('done', 'failed')",
  },
  {
    file: statements,
    name: "an-id-taken-twice-is-an-error",
    find: "conversation, parent, created_at, bytes)\n       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
    put: "conversation, parent, created_at, bytes)\n       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
  },
  {
    file: trees,
    name: "a-child-goes-before-its-parent",
    find: "if (!this.#isOpenAbove(maybeTextIn(parent), open)) {",
    put: "if (this.#isOpenAbove(maybeTextIn(parent), open) || n) {",
  },
  {
    file: trees,
    name: "a-parent-goes-before-its-child",
    find: 'if (below.is === "ended") found.push(numberIn(n));',
    put: "found.push(numberIn(n));",
  },
  {
    file: trees,
    name: "a-look-at-a-wide-tree-begins-anew-each-time",
    find: "this.#walk = walk;",
    put: "",
  },
  {
    file: trees,
    name: "a-sweep-ends-behind-a-wide-tree",
    find: "if (rows >= ROWS_MAX) return { found, goesOn: true };",
    put: "if (rows >= ROWS_MAX) return { found, goesOn: false };",
  },
  {
    file: "server/src/store/sqlite/thread/pace.ts",
    name: "a-sweep-gives-way-to-nobody",
    find: "(ms > besideMs && this.#isWaitedFor())",
    put: "false",
  },
  {
    file: writer,
    name: "what-comes-before-a-sweep-is-held-for-it",
    find: "if (giving > 0) return",
    put: "if (giving < -1) return",
  },
  {
    file: writer,
    name: "what-comes-behind-a-sweep-waits-for-a-whole-slice",
    find: "calls.length > 1 ? () => true : isWaitedFor",
    put: "isWaitedFor",
  },
  {
    file: removal,
    name: "what-is-swept-stays-in-the-totals",
    find: "if (maybeNumberIn(deletedAt) === null) this.#totals.move(counted, stateIn(state), null);",
    put: "",
  },
  {
    file: "server/src/store/sqlite/documents/search.ts",
    name: "a-turn-of-the-search-index-takes-two-long-texts",
    find: "if (added > 0 && characters > SLICE_CHARACTERS) break;",
    put: "",
  },
  {
    file: "server/src/store/sqlite/documents/search.ts",
    name: "a-task-that-breaks-the-search-index-breaks-it-again",
    find: "if (isCorrupt(error)) this.#broken = task;",
    put: "",
  },
  {
    file: "server/src/store/sqlite/erasure/sqlite-erasures.ts",
    name: "an-erasure-that-cannot-be-read-keeps-all-others-from-going-on",
    find: "this.#parts.damage.orLeftOut(`${what} ${id}`, () => read(record)) ?? []",
    put: "[read(record)]",
  },
  {
    file: removal,
    name: "a-task-on-a-damaged-page-is-swept-again-and-again",
    find: "this.#damaged.add(first);",
    put: "",
  },
  {
    file: removal,
    name: "what-a-damaged-task-was-to-go-with-is-never-tried-alone",
    find: "this.#isLooking = others.length > 0;",
    put: "this.#isLooking = false;",
  },
  {
    file: removal,
    name: "what-is-swept-keeps-its-bytes",
    find: "this.#addBytes.run(tenant, user, -bytes);",
    put: "this.#addBytes.run(tenant, user, 0);",
  },
  {
    file: removal,
    name: "a-sweep-leaves-what-a-task-was-given",
    find: "for (const dropPart of this.#dropParts) dropPart.run({ tasks });",
    put: "",
  },
  {
    file: removal,
    name: "a-sweep-leaves-the-names-of-a-task",
    find: "WHERE task IN (SELECT id FROM tasks WHERE n ${OF_THESE})",
    put: "WHERE task IN (SELECT n FROM tasks WHERE n ${OF_THESE})",
  },
  {
    file: "server/src/store/codec/totals.ts",
    name: "tasks-of-two-users-count-for-the-first",
    find: "key.user === user && key.tenant",
    put: "key.tenant",
  },
  {
    file: "server/src/store/sqlite/standings.ts",
    name: "a-task-that-rests-is-remembered-as-it-ran",
    find: "if (!isNew) this.#remembered.delete(id);",
    put: "",
  },
  {
    file: "server/src/task/audit-line.ts",
    name: "a-line-has-the-act-of-the-line-before",
    find: "last.keyId === keyId && last.act === act &&",
    put: "last.keyId === keyId &&",
  },
  {
    file: sweep,
    name: "a-conversation-goes-before-its-tasks",
    find: " AND NOT EXISTS (SELECT 1 FROM tasks WHERE conversation = c.id),",
    put: ",",
  },
  {
    file: sweep,
    name: "young-keys-are-forgotten",
    find: "FROM idempotency WHERE at < ? LIMIT ?",
    put: "FROM idempotency WHERE at < 2 * ? LIMIT ?",
  },
  {
    file: sweep,
    name: "old-audit-stays",
    find: "removeEntries({ before: auditBefore, keptMax: auditEntriesMax, limit: SLICE_ROWS }),",
    put: "0,",
  },
  {
    file: sweep,
    name: "what-a-deleted-conversation-held-stays",
    find: "(isOld === 1 || isDeleted === 1) && !contents",
    put: "isOld === 1 && !contents",
  },
  {
    file: sweep,
    name: "used-conversations-are-old",
    find: "coalesce(deleted_at, last_activity_at) < ?",
    put: "coalesce(deleted_at, created_at) < ?",
  },
  {
    file: sweep,
    name: "expired-documents-stay",
    find: "sweepDocuments(db, expiredBefore, until);\n  return",
    put: "true;\n  return",
  },
  {
    file: sweep,
    name: "a-turn-that-ends-between-two-conversations-is-the-last",
    find: "if (slice.length < SLICE_ROWS) return null;",
    put: "return null;",
  },
  {
    file: trees,
    name: "the-newest-task-is-swept",
    find: " AND n < (SELECT max(n) FROM tasks)",
    put: "",
  },
  {
    file: trees,
    name: "grandchildren-are-not-looked-at",
    find: "walk.parents.push(textIn(child));",
    put: "",
  },
  {
    file: apply,
    name: "any-number-waits-in-a-conversation",
    find: "OPEN_IN_CONVERSATION_MAX - 1 : 0",
    put: "OPEN_IN_CONVERSATION_MAX : 0",
  },
  {
    file: apply,
    name: "the-first-of-a-conversation-is-any",
    find: 'guard === "first" ? (standing?.n ?? 0)',
    put: 'guard === "first" ? 0',
  },
  {
    file: writer,
    name: "a-commit-remembers-what-it-has-changed",
    find: 'if (call[0] !== "apply") this.#applier.wroteElse();',
    put: "",
  },
  {
    file: "server/src/store/sqlite/database.ts",
    name: "an-older-database-has-its-log-written-back-twice-as-rarely",
    find: "CHECKPOINT_BYTES / pageBytes",
    put: "CHECKPOINT_BYTES / PAGE_BYTES",
  },
];
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: these are texts of other files
