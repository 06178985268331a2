/** Faults in numbers that are given once, and in lists of what is to be done that a damaged page has taken something from. */
const last = "server/src/store/sqlite/doctor/last-numbers.ts";
const derived = "server/src/store/sqlite/mending/derived.ts";

export const NUMBERS = [
  {
    file: last,
    name: "a-mend-gives-numbers-of-lost-tasks-again",
    find: 'if (isLost("tasks"))',
    put: 'if (isLost(""))',
  },
  {
    file: last,
    name: "tasks-that-are-lost-with-their-inputs-leave-their-numbers-to-others",
    find: "(areInputsLost ? LOST_TASKS_MAX : 0)",
    put: "(areInputsLost ? 0 : 0 * LOST_TASKS_MAX)",
  },
  {
    file: last,
    name: "chunks-of-a-lost-cut-take-those-of-the-next-with-them",
    find: "  raiseSequences(db);\n",
    put: "  void raiseSequences;\n",
  },
  {
    file: "server/src/store/sqlite/erasure/erased-tasks.ts",
    name: "the-number-of-an-erased-task-is-given-again",
    find: "this.#numbers.keep(Math.max(...numbers));",
    put: "void this.#numbers;",
  },
  {
    file: "server/src/store/sqlite/erasure/erased-tasks.ts",
    name: "of-erased-tasks-only-the-last-that-goes-keeps-its-number",
    find: "Math.max(...numbers)",
    put: "numbers.at(-1) ?? 0",
  },
  {
    file: "server/src/store/sqlite/column.ts",
    name: "a-mend-goes-on-behind-a-number-that-none-can-have",
    find: "GIVEN_MAX = 1e15",
    put: "GIVEN_MAX = 2 ** 62",
  },
  {
    file: derived,
    name: "one-damaged-page-of-changes-fails-every-search",
    find: '    filled(db, "searchable_changes", (db) => atOnce(() => rebuildChanges(db))),\n',
    put: "",
  },
  {
    file: derived,
    name: "nobody-cuts-a-document-where-the-numbers-of-sqlite-are-damaged",
    find: '    filled(db, "sqlite_sequence", (db) => atOnce(() => rebuildSequences(db))),\n',
    put: "",
  },
  {
    file: derived,
    name: "one-damaged-page-stops-an-erasure-before-its-files",
    find: '    keyed(db, "erased_files", ["erasure", "sha256"], 2),\n',
    put: "",
  },
  {
    file: "server/src/store/sqlite/mending/work-lists.ts",
    name: "chunks-of-removed-documents-stay-whose-removal-was-on-a-damaged-page",
    find: "else this.#put.run(next);",
    put: "",
  },
];
