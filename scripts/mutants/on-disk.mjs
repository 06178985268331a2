/** Faults in open tasks that are on disk alone: who sleeps, whose children they are, and what of a queue is next. */
const sleepers = "server/src/engine/embedded/sleepers.ts";
const counts = "server/src/engine/embedded/sleeper-counts.ts";
const backlogs = "server/src/engine/embedded/backlogs.ts";
const claims = "server/src/engine/embedded/claims.ts";

const recovery = "server/src/engine/embedded/recovery.ts";
const descendants = "server/src/engine/embedded/descendants.ts";

export const ON_DISK = [
  {
    file: "server/src/engine/embedded/embedded-engine.ts",
    name: "a-parent-on-disk-alone-is-not-told-of-its-childs-end",
    find: "this.#open.get(parent)?.awaitsChild ?? true",
    put: "this.#open.get(parent)?.awaitsChild",
  },
  {
    file: recovery,
    name: "what-sleeps-below-an-ended-parent-is-not-looked-for",
    find: "    await this.#again(() => this.#adopt());\n",
    put: "",
  },
  {
    file: recovery,
    name: "a-parent-that-left-memory-is-not-known-to-be-open",
    find: "if (!isTerminal(task.state)) this.#order.isOpen(task);",
    put: "",
  },
  {
    file: descendants,
    name: "a-wide-tree-ends-up-to-its-first-page",
    find: "    this.#queue.push(last.parent);\n",
    put: "",
  },
  {
    file: descendants,
    name: "a-cancel-while-the-engine-stops-waits-for-the-next-start",
    find: "if (!this.#stopped) await this.#trees",
    put: "await this.#trees",
  },
  {
    file: descendants,
    name: "trees-behind-a-wide-one-are-forgotten",
    find: "    this.#queue.push(...parents.slice(done + 1));\n",
    put: "",
  },
  {
    file: sleepers,
    name: "a-child-that-cannot-be-read-is-waited-for",
    find: "if (unread) this.#parts.unread();",
    put: "",
  },
  {
    file: "server/src/store/sqlite/tasks/open-reads.ts",
    name: "children-behind-the-first-page-are-not-looked-at",
    find: "position: last ? numberIn(last[2]) : behind",
    put: "position: NEVER",
  },
  {
    file: backlogs,
    name: "each-of-very-many-queues-has-as-much-in-memory",
    find: "Math.max(AHEAD_MIN, Math.floor(claimableAheadOfAll / shares))",
    put: "claimableAheadOfAll",
  },
  {
    file: backlogs,
    name: "a-tenant-of-many-queues-takes-from-those-of-others",
    find: "const shares = this.#queuesOf.size * (this.#queuesOf.get(tenant) ?? 1);",
    put: "const shares = this.#backlogs.size;",
  },
  {
    file: sleepers,
    name: "who-falls-asleep-is-not-awaited",
    find: "this.#firstAt = wakesAt;",
    put: "this.#firstAt = Number.POSITIVE_INFINITY;",
  },
  {
    file: counts,
    name: "what-is-told-late-of-sleepers-stands",
    find: "if (!this.#told?.has(number)) this.#set(",
    put: "this.#set(",
  },
  {
    file: counts,
    name: "a-sleeper-counts-each-time-it-is-told",
    find: "if (known !== undefined) this.#change(known, -1);",
    put: "",
  },
  {
    file: sleepers,
    name: "deadlines-of-sleepers-are-not-awaited-at-a-start",
    find: "Math.min(this.#firstAt, first ?? Number.POSITIVE_INFINITY)",
    put: "this.#firstAt",
  },
  {
    file: backlogs,
    name: "what-comes-while-a-page-of-a-queue-is-read-is-forgotten",
    find: "if (isFar && !backlog.reading) {",
    put: "if (isFar) {",
  },
  {
    file: backlogs,
    name: "a-page-of-a-queue-stands-against-what-was-told-since",
    find: "if (!changed.has(entry.id) && !open.has(entry.id)) place(entry);",
    put: "if (!open.has(entry.id)) place(entry);",
  },
  {
    file: backlogs,
    name: "urgent-work-keeps-all-that-comes-behind-it-in-memory",
    find: "if (backlog.next.size >= 2 * ahead && !backlog.reading) this.#moveBack(backlog);",
    put: "",
  },
  {
    file: backlogs,
    name: "what-goes-back-to-the-disk-moves-back-all-that-is-left",
    find: "for (const { entry } of places) backlog.next.delete(entry.id);\n",
    put: "\n",
  },
  {
    file: backlogs,
    name: "a-refused-page-of-a-queue-is-not-asked-for-again",
    find: "this.#look(backlog);\n        });",
    put: "});",
  },
  {
    file: backlogs,
    name: "what-nobody-claims-any-more-waits-behind-what-is-next",
    find: "for (const { queue } of kinds) if (queue !== null) await this.#takeUpOwn(queue);",
    put: "",
  },
  {
    file: claims,
    name: "a-claim-takes-no-more-than-is-in-memory",
    find: "if (!backlogs.isReady(key) && (",
    put: "if (tasks.length > 0 && !backlogs.isReady(key)) break;\n      if (!backlogs.isReady(key) && (",
  },
  {
    file: "server/src/store/whole-file.ts",
    name: "a-file-that-was-cut-is-shown-as-whole",
    find: "if (opened.size === bytes) return opened;",
    put: "if (opened.size >= 0) return opened;",
  },
  {
    file: "server/src/store/sqlite/doctor/inspect.ts",
    name: "doctor-names-no-file-that-was-cut",
    find: "if (size !== bytes) throw wrongSize(size, bytes);",
    put: "",
  },
  {
    file: "server/src/store/whole-file.ts",
    name: "a-file-that-was-changed-on-disk-is-shown-as-whole",
    find: '  if (hash.digest("hex") !== sha256) throw new Damaged(what, new Error("its file is not as it was written"));\n',
    put: "",
  },
];
