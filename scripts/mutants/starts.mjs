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
    find: "    dropShadow(db);\n",
    put: "",
  },
  {
    file: "server/src/store/sqlite/mending/open-indexes.ts",
    name: "a-full-disk-keeps-a-server-from-its-start-as-much-was-half-made",
    find: "if (!mayStay) throw error;",
    put: "throw error;",
  },
  {
    file: "server/src/store/sqlite/mending/shadow.ts",
    name: "what-cannot-be-struck-off-is-written-to-for-good",
    find: "db.transaction(() => dropTriggers(db)).immediate();\n",
    put: "",
  },
  {
    file: "server/src/store/sqlite/prepare.ts",
    name: "that-a-database-is-made-anew-is-told-behind-minutes-of-it-alone",
    find: '    tell.onDamage?.(new Rebuilding("database", "an upgrade meets a damaged page", { cause: error }));\n',
    put: "",
  },
  {
    file: "server/src/cli/folder-api-keys.ts",
    name: "a-command-that-brings-a-folder-up-to-date-loses-rows-and-says-nothing",
    find: "openStore({ data: folder }, tellingOfDamage())",
    put: "openStore({ data: folder })",
  },
  {
    file: "server/src/store/sqlite/doctor/mend.ts",
    name: "what-failed-before-a-database-was-made-anew-leaves-second-names",
    find: 'path.join(staging, "kept")',
    put: 'folder + "/before-restore-kept"',
  },
  {
    file: "server/src/store/sqlite/doctor/mend.ts",
    name: "a-database-is-made-anew-until-the-disk-is-full",
    find: "    refuseWithoutRoom(pages, await freeBytes(folder));\n",
    put: "",
  },
  {
    file: "server/src/store/sqlite/archive/backup.ts",
    name: "a-backup-calls-itself-one-with-pages-that-are-nobodys",
    find: "writeSync(handle, NO_NAME, 0, NO_NAME.length, CALLED_AT);",
    put: "",
  },
  {
    file: "server/src/store/sqlite/prepare.ts",
    name: "a-start-takes-a-wal-repair-for-one-that-was-never-written",
    find: "  repairWal(folder, tell.onDamage);\n",
    put: "",
  },
  {
    file: "server/src/store/sqlite/wal-repair.ts",
    name: "a-damaged-header-of-the-log-loses-all-that-is-behind-it",
    find: "if (made === null) return",
    put: "return",
  },
  {
    file: "server/src/store/sqlite/wal-repair.ts",
    name: "a-commit-that-nobody-was-told-of-counts-as-lost",
    find: "if (hasCommit && isOfThisLog) return true;",
    put: "if (hasCommit) return true;",
  },
  {
    file: "server/src/store/sqlite/storage.ts",
    name: "a-backup-removes-a-log-whose-header-is-damaged",
    find: "    backup: async (target, version, options) => {\n      refuseDamagedWal(folder);\n",
    put: "    backup: async (target, version, options) => {\n",
  },
];
