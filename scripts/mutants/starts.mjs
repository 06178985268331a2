/** Faults in what a start does to a database of an older version, and about what one that was killed has left half made. */

export const STARTS = [
  {
    file: "server/src/store/sqlite/prepare.ts",
    name: "a-damaged-page-that-a-migration-reads-keeps-a-server-from-its-start",
    find: "if (!(error instanceof MigrationMeetsDamage)) throw error;",
    put: "throw error;",
  },
  {
    file: "server/src/store/sqlite/doctor/mend.ts",
    name: "what-is-made-anew-stays-of-its-version",
    find: "    migrate(db);\n",
    put: "",
  },
  {
    file: "server/src/store/sqlite/migrate.ts",
    name: "an-index-half-made-is-there-while-tables-are-altered",
    find: "    strikeTwin(db);\n",
    put: "",
  },
  {
    file: "server/src/store/sqlite/mending/open-indexes.ts",
    name: "a-full-disk-keeps-a-server-from-its-start-as-much-was-half-made",
    find: "if (!mayStay) throw error;",
    put: "throw error;",
  },
  {
    file: "server/src/store/sqlite/mending/twin.ts",
    name: "what-cannot-be-struck-off-is-written-to-for-good",
    find: "db.transaction(() => dropTriggers(db)).immediate();\n",
    put: "",
  },
];
