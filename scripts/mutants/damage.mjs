/** Faults in what is done about damage: what is mended, and who goes on meanwhile. */

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: these are texts of other files
export const DAMAGE = [
  {
    file: "server/src/store/sqlite/doctor/readable-rows.ts",
    name: "rows-between-two-damaged-pages-are-lost",
    find: "this.#halves(up, down, { low: 0n, high: NUMBER_MAX });",
    put: "{}",
  },
  {
    file: "server/src/store/sqlite/doctor/readable-rows.ts",
    name: "a-damaged-last-page-loses-all-behind-another",
    find: 'typeof down.last === "bigint" ? down.last : high',
    put: 'typeof down.last === "bigint" ? down.last : low',
  },
  {
    file: "server/src/store/sqlite/doctor/readable-rows.ts",
    name: "rows-without-numbers-between-two-damaged-pages-are-lost",
    find: "this.#bothWays({ low: name, high: name });",
    put: "{}",
  },
  {
    file: "server/src/store/sqlite/doctor/mend.ts",
    name: "a-mended-database-takes-the-log-of-the-old-one",
    find: 'db.pragma("locking_mode = EXCLUSIVE");\n    db.pragma("journal_mode = delete");',
    put: 'db.pragma("wal_checkpoint(TRUNCATE)");',
  },
  {
    file: "server/src/store/sqlite/doctor/mend.ts",
    name: "lost-events-keep-a-mended-database-from-backups",
    find: "  sayWhatIsLost(db);\n",
    put: "",
  },
  {
    file: "server/src/store/sqlite/doctor/mend.ts",
    name: "a-mended-database-takes-part-of-a-cut-for-all-of-it",
    find: "WHERE stored <> (SELECT count(*)",
    put: "WHERE stored < 0 * (SELECT count(*)",
  },
  {
    file: "server/src/store/sqlite/doctor/mend.ts",
    name: "a-killed-mend-takes-its-room-for-ever",
    find: '"restore-", 0);',
    put: '"restore-", 86_400_000);',
  },
  {
    file: "server/src/store/sqlite/doctor/mend.ts",
    name: "the-files-of-lost-rows-are-swept",
    find: "await linkFiles(folder, aside);",
    put: "",
  },
  {
    file: "server/src/store/sqlite/doctor/mend.ts",
    name: "a-mended-database-is-roots",
    find: "await leaveToOwnerOf(there, made, aside);",
    put: "",
  },
  {
    file: "server/src/store/sqlite/doctor/mend.ts",
    name: "a-mended-database-gives-numbers-twice",
    find: "goOnCounting(old, db);",
    put: "",
  },
  {
    file: "server/src/store/sqlite/doctor/mend.ts",
    name: "what-hangs-on-a-lost-task-stays",
    find: "NOT IN (SELECT ${column} FROM tasks)`);",
    put: "IS NULL`);",
  },
  {
    file: "server/src/verbs/implementation/erasing.ts",
    name: "an-erasure-that-comes-as-the-last-one-ends-waits-for-a-start",
    find: "if (this.#isAsked) this.goOn();",
    put: "",
  },
  {
    file: "server/src/store/sqlite/mending/mending.ts",
    name: "damaged-rows-are-looked-for-all-the-time",
    find: "(now - from) * LOOKS_ONE_IN",
    put: "0",
  },
  {
    file: "server/src/store/sqlite/mending/derived.ts",
    name: "an-index-of-texts-made-anew-stays-empty",
    find: "VALUES (1, 0)",
    put: "SELECT one, n FROM search_progress",
  },
  {
    file: "server/src/store/sqlite/mending/indexes.ts",
    name: "a-damaged-index-is-read-by-another-one",
    find: "SELECT sum(1) FROM",
    put: "SELECT count(*) FROM",
  },
  {
    file: "server/src/store/sqlite/mending/indexes.ts",
    name: "a-twin-stays-beside-what-it-took-the-place-of",
    find: '"DELETE FROM sqlite_schema WHERE name = ?").run(TWIN)',
    put: '"DELETE FROM sqlite_schema WHERE name = ? AND rootpage = 0").run(TWIN)',
  },
  {
    file: "server/src/store/sqlite/store.ts",
    name: "who-writes-into-a-damaged-index-fails",
    find: "      onLongLog,\n      mending,\n",
    put: "      onLongLog,\n",
  },
  {
    file: "server/src/store/sqlite/mending/mending.ts",
    name: "everybody-who-meets-damage-looks",
    find: "this.#underWay ??= this.#look()",
    put: "this.#underWay = this.#look()",
  },
  {
    file: "server/src/store/sqlite/thread/writer.ts",
    name: "what-was-passed-over-stays-so-behind-a-mend",
    find: "if (answer) this.#writes = this.#makeWrites();",
    put: "",
  },
  {
    file: "server/src/store/sqlite/thread/channel.ts",
    name: "a-question-to-a-damaged-index-is-not-asked-again",
    find: "isOfDamagedPage(outcome) && !caller.isAgain",
    put: "isOfDamagedPage(outcome) && caller.isAgain",
  },
  {
    file: "server/src/store/sqlite/tasks/list.ts",
    name: "a-search-in-an-index-just-made-anew-finds-nothing",
    find: "query.filter.text !== undefined && this.#isSearchEmpty()",
    put: "query.limit < 0 && this.#isSearchEmpty()",
  },
  {
    file: "server/src/store/sqlite/doctor/check.ts",
    name: "pages-that-nothing-uses-are-damage",
    find: ".filter((line) => !NO_FAULT.test(line))",
    put: "",
  },
  {
    file: "server/src/store/sqlite/archive/archive.ts",
    name: "a-backup-leaves-rows-out-that-nobody-gave-up",
    find: "if (lost.length > 0 && !withoutDamagedRows)",
    put: "if (lost.length < 0 && !withoutDamagedRows)",
  },
  {
    file: "server/src/store/sqlite/archive/archive.ts",
    name: "a-damaged-index-keeps-all-from-being-backed-up",
    find: "if (!isCorrupt(error)) throw error;\n    rmSync",
    put: "throw error;\n    rmSync",
  },
  {
    file: "server/src/store/sqlite/doctor/mend.ts",
    name: "a-mend-without-conversations-loses-all-tasks",
    find: "${from} IS NOT NULL AND ${from} NOT IN",
    put: "${from} NOT IN",
  },
];
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: these are texts of other files
