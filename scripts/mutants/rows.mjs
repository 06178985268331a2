/** Faults in rows that wait for those of other calls, and in which calls make a batch. */
const apply = "server/src/store/sqlite/apply.ts";
const gathered = "server/src/store/sqlite/tasks/gathered-rows.ts";
const writer = "server/src/store/sqlite/thread/writer.ts";

export const ROWS = [
  {
    file: apply,
    name: "a-row-that-waits-is-updated-before-it-is-written",
    find: "    this.#rows.settle(write.id);\n",
    put: "",
  },
  {
    file: apply,
    name: "a-row-that-waits-is-not-asked-for",
    find: "    this.#rows.settle(id);\n",
    put: "",
  },
  {
    file: apply,
    name: "what-looks-at-other-tasks-misses-rows-that-wait",
    find: "    if (isOfOthers) this.#rows.write();\n",
    put: "",
  },
  {
    file: apply,
    name: "rows-of-what-looks-at-other-tasks-wait",
    find: "this.#waits = this.#isShared && !isOfOthers;",
    put: "this.#waits = this.#isShared;",
  },
  {
    file: apply,
    name: "a-row-whose-task-a-trigger-looks-for-waits",
    find: " ?? attached) !== undefined",
    put: ") !== undefined",
  },
  {
    file: apply,
    name: "a-task-is-numbered-like-one-of-another-process",
    find: "    this.#rows.forgetNewest();\n",
    put: "",
  },
  {
    file: writer,
    name: "something-else-misses-rows-that-wait",
    find: "          if (isElse) this.#applier.writeRows();\n",
    put: "",
  },
  {
    file: apply,
    name: "rows-that-wait-outlive-their-transaction",
    find: "    this.#rows.clear();\n",
    put: "",
  },
  {
    file: gathered,
    name: "rows-that-wait-and-do-not-move-are-no-matter",
    find: "if (moved * MOVED_COLUMNS !== this.#moved.length)",
    put: "if (moved > this.#moved.length)",
  },
  {
    file: gathered,
    name: "a-waiting-row-moves-whatever-its-revision",
    find: " AND tasks.revision = v.column3 - 1",
    put: "",
  },
  {
    file: "server/src/store/sqlite/thread/work-through.ts",
    name: "a-half-of-callers-is-halved-again",
    find: "Math.ceil((count + away) / 2)",
    put: "Math.ceil(count / 2)",
  },
  {
    file: "server/src/store/sqlite/thread/work-through.ts",
    name: "callers-who-are-back-count-as-away",
    find: "away = Math.max(0, away - calls.length);",
    put: "",
  },
  {
    file: "server/src/store/sqlite/thread/work-through.ts",
    name: "who-comes-during-a-batch-counts-as-back",
    find: "      takeAll();\n      away = outcomes.length;",
    put: "      away = outcomes.length;",
  },
  {
    file: "server/src/store/sqlite/thread/work-through.ts",
    name: "answers-wait-until-what-has-come-is-read",
    find: "      port.postMessage(JSON.stringify(outcomes));\n",
    put: "      takeAll();\n      port.postMessage(JSON.stringify(outcomes));\n",
  },
];
